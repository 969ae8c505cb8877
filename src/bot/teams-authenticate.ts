import { TransientError } from '../transfer/errors.ts'
import { withDeadline } from './deadline.ts'
import { failureOf, TeamsDenied } from './teams-errors.ts'

/** What the SDK makes of a token that it took. */
type Checked = { claimsIdentity?: { getClaimValue(type: string): string | null } }

/** Milliseconds for reading the keys; Teams waits 5 s for the answer to a click. */
const KEYS_WITHIN = 2_000

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
  // For other issuers the SDK asks for keys, and keeps what such a token says for ever, before it checks the signature.
  if (appId !== '' && issuerOf(authorization) !== issuer) throw new TeamsDenied(401, 'wrong_issuer')
  const checking = check(activity, authorization).catch((error: unknown) => {
    throw refusalOf(error)
  })
  const checked = await withDeadline<Result | undefined>(KEYS_WITHIN, checking, () => undefined)
  if (checked === undefined) throw noKeys()
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
    return noKeys()
  }
  const [, reason = 'bad_token'] = labels.find(([text]) => text.test(message)) ?? []
  return new TeamsDenied(401, reason)
}

function noKeys(): TransientError {
  return new TransientError({ code: 'no_signing_keys', message: 'The keys of the Bot Framework could not be read.' })
}

/** What the token claims; nothing of it is proven yet. */
function issuerOf(authorization: string): unknown {
  const claims = /^Bearer [\w-]+\.([\w-]+)\./.exec(authorization)?.[1] ?? ''
  try {
    return (JSON.parse(Buffer.from(claims, 'base64url').toString()) as { iss?: unknown } | null)?.iss
  } catch {
    return undefined
  }
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
