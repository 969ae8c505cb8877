import { dryRunAnswer, recordedAnswer } from '../cards/answers.ts'
import { start } from '../transfer/apply.ts'
import { beyondOf, checkLogin, checkReach } from '../transfer/beyond.ts'
import { crowdFacts } from '../transfer/crowd.ts'
import { Refusal } from '../transfer/errors.ts'
import type { Event } from '../transfer/events.ts'
import type { ExportIntent, ImportIntent } from '../transfer/grammar.ts'
import type { DatabaseTarget, Person, Request, Rule, StorageTarget } from '../transfer/model.ts'
import { postedRoot } from '../transfer/outline.ts'
import { personBehind } from '../transfer/people.ts'
import type { Answer, Command } from '../transfer/ports.ts'
import { resolveExport, resolveImport } from '../transfer/resolve.ts'
import { again } from '../transfer/retry.ts'
import { isVisible } from './decide.ts'
import { checkStanding, type Desk, maySee, once, readTransfer, stored, type Visit, written } from './desk.ts'
import { explanationFor, factsOf, ruleFor } from './rule-for.ts'

/** What is asked for, before it is known who asks and under which rule. */
type Wish = Pick<Request, 'operation' | 'privateLink' | 'reason' | 'create' | 'dryRun'> & {
  database: DatabaseTarget
  storage: StorageTarget
}

type Requested = Extract<Event, { type: 'requested' }>

/** Of open transfers, when the asker is told which there are. */
const mostRead = 20

/** Who asks, and where the story goes. */
type Asking = Pick<Command, 'by' | 'origin'>

/** Records a new transfer, or refuses with the reason; nothing is sent anywhere here. */
export async function ask(
  desk: Desk,
  visit: Visit,
  command: Asking,
  intent: ExportIntent | ImportIntent,
): Promise<Answer> {
  await checkStanding(desk, command.by)
  const at = desk.clock.now()
  const id = desk.newId()
  const { catalogue } = desk.policy
  const beyond = beyondOf(desk.policy, await desk.finder?.known())
  const targets =
    intent.kind === 'export'
      ? resolveExport(intent, catalogue, { id, at }, beyond)
      : resolveImport(intent, catalogue, beyond)
  const { privateLink, reason, dryRun } = intent
  const create = intent.kind === 'import' ? intent.create : undefined
  const wish: Wish = {
    ...{ operation: intent.kind, ...targets, privateLink },
    ...(reason === undefined ? {} : { reason }),
    ...(create === undefined ? {} : { create }),
    ...(dryRun ? { dryRun } : {}),
  }
  return begin(desk, visit, command, { id, at, wish })
}

/** Asks for the same as an earlier transfer did, with new approval; whoever may see that one and ask for this one. */
export async function retry(desk: Desk, visit: Visit, command: Command, id: string): Promise<Answer> {
  const { transfer } = await readTransfer(desk, id)
  if (!(await isVisible(desk, transfer, command.by, command.origin))) throw new Refusal('unknown_transfer', { id })
  await checkStanding(desk, command.by)
  const at = desk.clock.now()
  const next = desk.newId()
  return begin(desk, visit, command, {
    id: next,
    at,
    wish: again(transfer.request, desk.policy.catalogue, { id: next, at }),
  })
}

async function begin(
  desk: Desk,
  visit: Visit,
  { by, origin }: Asking,
  { id, at, wish }: { id: string; at: number; wish: Wish },
): Promise<Answer> {
  const request: Request = { ...wish, ...personBehind(desk.policy.people, by), at, origin }
  const { database, storage } = request
  const { reach } = desk.policy
  for (const target of [database, storage]) checkReach(reach, target)
  const found = await ruleFor(desk, request, () => checkLogin(reach, database))
  const explained = request.dryRun
    ? { explained: await explanationFor(desk, by, request, await factsOf(desk, request)) }
    : {}
  return record(desk, visit, { type: 'requested', at, id, request, ...found, ...explained })
}

async function record(desk: Desk, visit: Visit, event: Requested): Promise<Answer> {
  const { id, request, rule } = event
  const transfer = start(event)
  const answer: Answer = { ok: true, lines: request.dryRun ? dryRunAnswer(transfer) : recordedAnswer(transfer) }
  const due = { advance: 0, show: 0 }
  const create = () => desk.store.create(transfer, [event], once(desk, visit, answer), due)
  const result = await written(visit, create)
  switch (result.kind) {
    case 'created':
      desk.hint('advance', id)
      desk.hint('show', id)
      return answer
    case 'repeat':
      return result.answer
    case 'guarded':
      return refuseGuarded(desk, request.by, result.by)
    case 'crowded':
      return refuseCrowded(desk, request.by, rule, result.ids)
    case 'limit':
      throw new Refusal('limit', { open: String(result.open) })
    case 'taken':
      throw new Refusal('try_again')
    case 'late':
      throw new Refusal('store_down')
  }
}

/** Those that the asker may see are named, and the others counted. */
async function refuseCrowded(desk: Desk, by: Person, rule: Rule, ids: readonly string[]): Promise<never> {
  const open = await Promise.all(ids.slice(0, mostRead).map((id) => stored(desk.store.read(id))))
  const sees = await Promise.all(open.map(async (each) => each && maySee(desk, each.transfer, by)))
  const visible = open.flatMap((each, index) => (each && sees[index] ? [each.transfer] : []))
  throw new Refusal('crowded', crowdFacts(rule, ids, visible))
}

/** Which transfer it is stays unsaid to whoever may not see it; that there is one they have to know. */
async function refuseGuarded(desk: Desk, by: Person, holder: string): Promise<never> {
  const first = await stored(desk.store.read(holder))
  if (!first || !(await maySee(desk, first.transfer, by))) throw new Refusal('guarded')
  const link = postedRoot(first.chat)?.link
  throw new Refusal('guarded', { id: holder, ...(link ? { link } : {}) })
}
