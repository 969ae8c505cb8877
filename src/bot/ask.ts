import { recordedAnswer } from '../cards/answers.ts'
import { start } from '../transfer/apply.ts'
import { Refusal } from '../transfer/errors.ts'
import type { ExportIntent } from '../transfer/grammar.ts'
import type { Request, Transfer } from '../transfer/model.ts'
import { postedRoot } from '../transfer/outline.ts'
import { personBehind } from '../transfer/people.ts'
import { matchRule } from '../transfer/policy.ts'
import type { Answer, Command } from '../transfer/ports.ts'
import { resolveExport } from '../transfer/resolve.ts'
import { checkApprovers, checkStanding, type Desk, isAmong, once, stored, type Visit, written } from './desk.ts'

/** Records a new transfer, or refuses with the reason; nothing is sent anywhere here. */
export async function ask(desk: Desk, visit: Visit, { by, origin }: Command, intent: ExportIntent): Promise<Answer> {
  await checkStanding(desk, by)
  const at = desk.clock.now()
  const id = desk.newId()
  const { database, storage } = resolveExport(intent, desk.policy.catalogue, { id, at })
  const { privateLink, reason } = intent
  const why = reason === undefined ? {} : { reason }
  const who = personBehind(desk.policy.people, by)
  const request: Request = { operation: 'export', database, storage, privateLink, ...who, at, origin, ...why }
  const rule = matchRule(desk.policy, request)
  if (!rule) throw new Refusal('no_rule', { database: database.alias, storage: storage.alias })
  if (!(await isAmong(desk, by, rule.requesters))) throw new Refusal('not_requester', { rule: rule.name })
  await checkApprovers(desk, rule, request)
  return record(desk, visit, start({ type: 'requested', at, id, request, rule }))
}

async function record(desk: Desk, visit: Visit, transfer: Transfer): Promise<Answer> {
  const { id, request, rule } = transfer
  const answer: Answer = { ok: true, lines: recordedAnswer(transfer) }
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
