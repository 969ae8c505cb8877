import { dryRunAnswer, recordedAnswer } from '../cards/answers.ts'
import { start } from '../transfer/apply.ts'
import { beyondOf, checkLogin, checkReach } from '../transfer/beyond.ts'
import { Refusal } from '../transfer/errors.ts'
import type { ExportIntent, ImportIntent } from '../transfer/grammar.ts'
import type { DatabaseTarget, Request, StorageTarget, Transfer } from '../transfer/model.ts'
import { postedRoot } from '../transfer/outline.ts'
import { personBehind } from '../transfer/people.ts'
import { matchRule } from '../transfer/policy.ts'
import type { Answer, Command } from '../transfer/ports.ts'
import { resolveExport, resolveImport } from '../transfer/resolve.ts'
import { again } from '../transfer/retry.ts'
import { isVisible } from './decide.ts'
import {
  checkApprovers,
  checkStanding,
  type Desk,
  isAmong,
  once,
  readTransfer,
  stored,
  type Visit,
  written,
} from './desk.ts'

/** What is asked for, before it is known who asks and under which rule. */
type Wish = Pick<Request, 'operation' | 'privateLink' | 'reason' | 'create' | 'dryRun'> & {
  database: DatabaseTarget
  storage: StorageTarget
}

/** Records a new transfer, or refuses with the reason; nothing is sent anywhere here. */
export async function ask(
  desk: Desk,
  visit: Visit,
  command: Command,
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
  { by, origin }: Command,
  { id, at, wish }: { id: string; at: number; wish: Wish },
): Promise<Answer> {
  const request: Request = { ...wish, ...personBehind(desk.policy.people, by), at, origin }
  const { database, storage } = request
  const { reach } = desk.policy
  for (const target of [database, storage]) checkReach(reach, target)
  const rule = matchRule(desk.policy, request)
  if (!rule) throw new Refusal('no_rule', { database: database.alias, storage: storage.alias })
  if (!(await isAmong(desk, by, rule.requesters))) throw new Refusal('not_requester', { rule: rule.name })
  checkLogin(reach, database)
  await checkApprovers(desk, rule, request)
  return record(desk, visit, start({ type: 'requested', at, id, request, rule }))
}

async function record(desk: Desk, visit: Visit, transfer: Transfer): Promise<Answer> {
  const { id, request, rule } = transfer
  const answer: Answer = { ok: true, lines: request.dryRun ? dryRunAnswer(transfer) : recordedAnswer(transfer) }
  const event = { type: 'requested', at: request.at, id, request, rule } as const
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
      return refuseGuarded(desk, result.by)
    case 'limit':
      throw new Refusal('limit', { open: String(result.open) })
    case 'taken':
      throw new Refusal('try_again')
    case 'late':
      throw new Refusal('store_down')
  }
}

async function refuseGuarded(desk: Desk, holder: string): Promise<never> {
  const first = await stored(desk.store.read(holder))
  const link = first && postedRoot(first.chat)?.link
  throw new Refusal('guarded', { id: holder, ...(link ? { link } : {}) })
}
