import type { Person } from '../transfer/model.ts'
import type { Answer } from '../transfer/ports.ts'
import type { Line } from '../transfer/text.ts'
import { withDeadline } from './deadline.ts'
import type { Log } from './log.ts'
import { isPersonal, personOf, placeOf, type TeamsActivity } from './teams-activity.ts'
import { portError } from './teams-errors.ts'
import { isObjectId, readTeamsId } from './teams-ids.ts'
import type { TeamsNotes } from './teams-notes.ts'
import type { TeamsPlace, TeamsSdk } from './teams-port.ts'
import type { TeamsRender } from './teams-render.ts'

type Tools = { sdk: TeamsSdk; notes: TeamsNotes; render: TeamsRender; log: Log }

/** Milliseconds for finding out where to tell somebody something. */
const NOTES_WITHIN = 500

/** Tells whoever wrote the activity something, for their eyes only. Never throws: what cannot be told is logged. */
export type TeamsAnswers = (activity: TeamsActivity, answer: Answer) => Promise<void>

/**
 * Answers in the personal chat, as Teams has no other message for one person that all clients show. Where that chat cannot
 * be: a no is said where it was asked, and anything else gets a word there about why it is not.
 */
export function createTeamsAnswers(tools: Tools): TeamsAnswers {
  const { sdk, render, log } = tools
  const send = async (place: TeamsPlace, lines: readonly Line[]): Promise<void> => {
    await sdk.send(place, await render.lines(place, lines))
  }
  const failed = (error: unknown, where: string): void => {
    log.warn({ code: portError(error, 'sendToConversation').fault.code, where }, 'an answer was not taken')
  }
  return async (activity, { ok, lines }) => {
    if (lines.length === 0) return
    const by = personOf(activity)
    try {
      return await send(isPersonal(activity) ? placeOf(activity) : await ownChat(tools, activity), lines)
    } catch (error) {
      failed(error, 'personal chat')
    }
    if (isPersonal(activity)) return
    await send(placeOf(activity), publicly(by, ok, lines)).catch((error: unknown) =>
      failed(error, 'where it was asked'),
    )
  }
}

/** Known by the activity alone where the notes cannot be read: people are told just then that nothing is recorded. */
async function ownChat({ sdk, notes }: Tools, activity: TeamsActivity): Promise<TeamsPlace> {
  const { tenant = '', id = '' } = readTeamsId(personOf(activity)) ?? {}
  if (!isObjectId(id)) throw new Error('nobody can be told')
  const unread = () => undefined
  const known = await withDeadline(NOTES_WITHIN, notes.chat(tenant, id).catch(unread), unread)
  if (known) return known
  const { serviceUrl } = placeOf(activity)
  const place = { serviceUrl, tenant, conversation: await sdk.chatWith({ serviceUrl, tenant }, activity.from.id) }
  notes.keepChat(tenant, id, place).catch(unread)
  return place
}

function publicly(by: Person, ok: boolean, lines: readonly Line[]): readonly Line[] {
  const [first = [], ...rest] = lines
  const { id = '' } = readTeamsId(by) ?? {}
  const whom: Line = isObjectId(id) ? [{ mention: by }, ': '] : []
  if (!ok) return [[...whom, ...first], ...rest]
  return [
    [
      ...whom,
      'done. The answer is for you alone, and Drawbridge cannot write to you: add it to your personal apps in Teams to read answers.',
    ],
  ]
}
