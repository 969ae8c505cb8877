import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Address, MessageRef, Person } from '../transfer/model.ts'
import { inThread, isChannel, splitThread, teamsId } from './teams-ids.ts'
import type { TeamsPlace } from './teams-port.ts'

const named = z.looseObject({ id: z.string(), name: z.string().nullish() })
const schema = z.looseObject({
  type: z.string().min(1),
  id: z.string().nullish(),
  name: z.string().nullish(),
  replyToId: z.string().nullish(),
  channelId: z.string(),
  serviceUrl: z.string(),
  text: z.string().nullish(),
  value: z.unknown().optional(),
  from: z.looseObject({ id: z.string(), name: z.string().nullish(), aadObjectId: z.string().nullish() }),
  conversation: z.looseObject({
    id: z.string().min(1),
    conversationType: z.string().nullish(),
    tenantId: z.string().nullish(),
  }),
  membersAdded: z.array(z.unknown()).nullish(),
  membersRemoved: z.array(z.unknown()).nullish(),
  recipient: named.extend({ isTargeted: z.unknown().optional() }).nullish(),
  entities: z
    .array(z.looseObject({ type: z.string().nullish(), text: z.string().nullish(), mentioned: named.nullish() }))
    .nullish(),
  channelData: z
    .looseObject({
      tenant: z.looseObject({ id: z.string().nullish() }).nullish(),
      team: z.looseObject({ id: z.string().nullish(), aadGroupId: z.string().nullish() }).nullish(),
      channel: z.looseObject({ id: z.string().nullish(), name: z.string().nullish() }).nullish(),
    })
    .nullish(),
})

/** What we read of an activity; everything else that came with it is kept for the SDK. */
export type TeamsActivity = z.output<typeof schema>

/** An activity in JSON; undefined when it is none. */
export function readActivity(body: unknown): TeamsActivity | undefined {
  return schema.safeParse(body).data
}

/** The tenants that an activity names, lower case; all of them must be ours. */
export function tenantsOf({ conversation, channelData }: TeamsActivity): readonly string[] {
  const all = [conversation.tenantId, channelData?.tenant?.id]
  return [...new Set(all.flatMap((each) => (each ? [each.toLowerCase()] : [])))]
}

/** The person who acts. Somebody without an Entra object id is nobody's colleague, and never looks like one. */
export function personOf(activity: TeamsActivity): Person {
  const [tenant = 'unknown'] = tenantsOf(activity)
  return teamsId({ tenant, id: activity.from.aadObjectId?.toLowerCase() || `anonymous ${activity.from.id}` })
}

/** Where it was said or clicked, for an answer there. */
export function placeOf(activity: TeamsActivity): TeamsPlace {
  const { conversation, serviceUrl, channelData } = activity
  const [tenant = ''] = tenantsOf(activity)
  const team = channelData?.team?.id
  return { serviceUrl, tenant, conversation: conversation.id, ...(team ? { team } : {}) }
}

/** True for the chat between one person and the bot. */
export function isPersonal({ conversation }: TeamsActivity): boolean {
  if (conversation.conversationType) return conversation.conversationType === 'personal'
  return !conversation.id.startsWith('19:')
}

/** Where the story of a command goes: below the thread it was asked in, if it was; a personal chat goes by its person. */
export function originOf(activity: TeamsActivity): { address: Address; thread?: MessageRef } {
  if (isPersonal(activity)) return { address: personOf(activity) }
  const [tenant = ''] = tenantsOf(activity)
  const { conversation, root } = splitThread(activity.conversation.id)
  const address = teamsId({ tenant, id: conversation })
  // What only its writer can see has no thread that others could read.
  if (root === undefined || !isChannel(conversation) || activity.recipient?.isTargeted) return { address }
  return { address, thread: teamsId({ tenant, id: inThread(conversation, root), message: root }) }
}

/** Where people came or went; undefined for an activity that tells nothing of that. */
export function changedRoster(activity: TeamsActivity): Address | undefined {
  const { type, membersAdded, membersRemoved, conversation } = activity
  if (type !== 'conversationUpdate') return undefined
  if ((membersAdded ?? []).length === 0 && (membersRemoved ?? []).length === 0) return undefined
  const [tenant = ''] = tenantsOf(activity)
  return teamsId({ tenant, id: splitThread(conversation.id).conversation })
}

/** Names one delivery: the same when Teams sends it again. A click without an id goes by who decides what, and how. */
export function deliveryOf({ conversation, id, from, value }: TeamsActivity): string {
  const own =
    id ||
    createHash('sha256')
      .update(JSON.stringify([from.id, value]))
      .digest('hex')
  return `teams:${splitThread(conversation.id).conversation}:${own}`
}

/** True when the words are for the bot: in a chat of two always, elsewhere when it is mentioned or nobody else sees it. */
export function isForBot(activity: TeamsActivity): boolean {
  const { recipient, entities } = activity
  if (isPersonal(activity) || recipient?.isTargeted) return true
  return (entities ?? []).some(({ type, mentioned }) => type === 'mention' && mentioned?.id === recipient?.id)
}
