import type { HomeViews } from '../cards/home-view.ts'
import { readButtonValue } from '../cards/view.ts'
import { Refusal } from '../transfer/errors.ts'
import { type Intent, parseCommand } from '../transfer/grammar.ts'
import type { Person } from '../transfer/model.ts'
import { approversOf } from '../transfer/policy.ts'
import type { Answer, Click, Command, Notice, RefusalLimit } from '../transfer/ports.ts'
import { type Desk, isAmong, once, stored, type Visit } from './desk.ts'

/** What the audit tells of a delivery besides who and when: nothing that was typed. */
export type About = { transfer?: string; facts: Readonly<Record<string, string>> }

/** Whether a command states something in a record, whose event is then its entry; what only reads has an entry of its own. */
export const changes: Readonly<Record<Intent['kind'], boolean>> = {
  export: true,
  import: true,
  retry: true,
  cancel: true,
  withdraw: true,
  settle: true,
  help: false,
  status: false,
  why: false,
  list: false,
  pending: false,
  history: false,
}

/** Of one actor who is nobody's requester or approver the audit tells so many lines an hour, and counts the rest. */
export const strangersLimit: RefusalLimit = { most: 10, window: 3_600_000 }

/** The verb, the place and the transfer of a command; of a text that cannot be read the place alone. */
export function aboutCommand({ text, origin }: Command): About {
  const place = origin.address
  const intent = intentOf(text)
  if (!intent) return { facts: { place } }
  return { facts: { verb: intent.kind, place }, ...('id' in intent ? { transfer: intent.id } : {}) }
}

/** The transfer of a click, and what was clicked. */
export function aboutClick({ transfer }: { transfer: string }, act: Click['act'] | 'approve'): About {
  return { transfer, facts: { act } }
}

/** The kind of delivery that a click becomes once its words are there. */
export function kindOfAct(act: Click['act']): string {
  if (act === 'question') return 'question'
  return act === 'withdraw' ? 'withdrawal' : 'decision'
}

/** True for a no that only means "not now": the next try must be looked at anew. */
export function isPassing({ code }: Refusal): boolean {
  return code === 'try_again' || code === 'groups_unread' || isOfStore(code)
}

/** The entry of a refusal. */
export function noticeOf(desk: Desk, by: Person, kind: string, { code }: Refusal, about: About): Notice {
  return { ...about, at: desk.clock.now(), kind: `${kind}_refused`, by, facts: { ...about.facts, code } }
}

/** Keeps a refusal as the answer to its delivery, with its entry; answers with the first one where there was one. */
export async function keepRefusal(desk: Desk, visit: Visit, no: Answer, notice: Notice): Promise<Answer> {
  return remembered(desk, visit, no, notice)
}

/** Keeps the answer to a command that changed nothing, with its entry. */
export async function keepReading(desk: Desk, visit: Visit, answer: Answer, about: About): Promise<Answer> {
  const notice: Notice = { ...about, at: desk.clock.now(), kind: 'command', by: visit.by }
  return remembered(desk, visit, answer, notice)
}

async function remembered(desk: Desk, visit: Visit, answer: Answer, notice: Notice): Promise<Answer> {
  const result = await stored(desk.store.remember(once(desk, visit, answer), notice, strangersLimit))
  // Told without its line it would be missing from the audit.
  if (result.kind === 'late') throw new Refusal('try_again')
  if (result.kind === 'held') void tellKnown(desk, notice)
  return result.kind === 'repeat' ? result.answer : answer
}

/** The entry of a refusal that is not kept as an answer. What the store could not do it cannot tell either. Never throws. */
export async function noteRefusal(desk: Desk, by: Person, kind: string, refusal: Refusal, about: About): Promise<void> {
  if (isOfStore(refusal.code)) return
  const notice = noticeOf(desk, by, kind, refusal, about)
  const how = await desk.store.note(notice, strangersLimit).catch(() => undefined)
  if (how === 'held') await tellKnown(desk, notice)
}

/**
 * The entry of a personal view: with which digest each card of it was shown. Throws `Refusal` when it cannot be written, as
 * nobody is to be shown what the audit does not tell.
 */
export async function noteHome(desk: Desk, by: Person, { cards }: HomeViews): Promise<void> {
  const shown = cards.flatMap(({ blocks }) => {
    const buttons = blocks.flatMap((block) => (block.kind === 'actions' ? block.buttons : []))
    const read = buttons.flatMap(({ value }) => readButtonValue(value) ?? []).find(({ digest }) => digest !== '')
    return read ? [`${read.transfer}:${read.digest}`] : []
  })
  const facts: Notice['facts'] = shown.length > 0 ? { cards: shown.join(' ') } : {}
  const notice: Notice = { at: desk.clock.now(), kind: 'home_shown', by, facts }
  if ((await stored(desk.store.note(notice, strangersLimit))) === 'held') await tellKnown(desk, notice)
}

/** Those who belong here are told one by one, however many it is. Whom nobody can place now stays counted. Never throws. */
async function tellKnown(desk: Desk, notice: Notice): Promise<void> {
  try {
    if (notice.by !== undefined && (await isKnown(desk, notice.by))) await desk.store.note(notice, 'held')
  } catch {
    desk.log({ kind: notice.kind, by: notice.by }, 'the audit counted a line instead of telling it')
  }
}

async function isKnown(desk: Desk, by: Person): Promise<boolean> {
  const { rules, operators, auditors } = desk.policy
  if ((await desk.directory.standing(by)) !== 'member') return false
  const named = rules.flatMap((rule) => [...rule.requesters, ...approversOf(rule), ...(rule.escalate?.to ?? [])])
  return isAmong(desk, by, [...named, ...operators, ...auditors])
}

function isOfStore(code: string): boolean {
  return code === 'store_down' || code === 'store_unsure'
}

function intentOf(text: string): Intent | undefined {
  try {
    return parseCommand(text)
  } catch {
    return undefined
  }
}
