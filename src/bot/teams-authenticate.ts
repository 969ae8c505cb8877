import { TransientError } from '../transfer/errors.ts'
import { failureOf, TeamsDenied } from './teams-errors.ts'

/** What the SDK makes of a token that it took. */
type Checked = { claimsIdentity?: { getClaimValue(type: string): string | null } }

type Asked<Activity> = {
  activity: Activity
  authorization: string
  /** Of this bot; empty switches the checks off, which the configuration allows in the sandbox only. */
  appId: string
  issuer: string
}

/**
 * The SDK's checks of a token, and ours on top: it also takes tokens of bots and emulators, and lets an activity that
 * names no address pass. Throws `TeamsDenied`, or `TransientError` when the keys could not be read.
 */
export async function authenticate<Activity extends { serviceUrl: string }, Result extends Checked>(
  check: (activity: Activity, authorization: string) => Promise<Result>,
  { activity, authorization, appId, issuer }: Asked<Activity>,
): Promise<Result> {
  if (appId !== '' && authorization.trim() === '') throw new TeamsDenied(401, 'no_token')
  const checked = await check(activity, authorization).catch((error: unknown) => {
    throw refusalOf(error)
  })
  if (appId === '') return checked
  const claim = (type: string): string | null | undefined => checked.claimsIdentity?.getClaimValue(type)
  if (claim('iss') !== issuer) throw new TeamsDenied(401, 'wrong_issuer')
  if (claim('serviceurl') !== activity.serviceUrl) throw new TeamsDenied(401, 'wrong_service_url')
  return checked
}

/** The keys could not be read: Teams may try again. Everything else is a token that is not good, whatever the SDK calls it. */
function refusalOf(error: unknown): Error {
  const { message = '', name = '' } = error instanceof Error ? error : {}
  const { status } = failureOf(error)
  if (name === 'FetchError' || (status !== undefined && status >= 500)) {
    return new TransientError({ code: 'no_signing_keys', message: 'The keys of the Bot Framework could not be read.' })
  }
  const [, reason = 'bad_token'] = labels.find(([text]) => text.test(message)) ?? []
  return new TeamsDenied(401, reason)
}

/** For the counter alone: nothing is decided by the SDK's words. */
const labels: readonly (readonly [RegExp, string])[] = [
  [/expired/i, 'expired'],
  [/endorsement/i, 'unendorsed'],
  [/appid/i, 'wrong_audience'],
  [/no valid identity/i, 'wrong_issuer'],
  [/serviceurl/i, 'wrong_service_url'],
  [/signing key|signature/i, 'foreign_key'],
]
