import { digestOf } from '../audit/entry.ts'
import type { Event } from '../transfer/events.ts'
import type { Fault, Millis, Person, Transfer } from '../transfer/model.ts'
import { accountsOf } from '../transfer/people.ts'
import type { Answer, ChatState, Due, Effect, Notice, Once, RefusalLimit, Store, Stored } from '../transfer/ports.ts'

/** What the scripts know of a record; the document itself is opaque to them. */
export function recordOf(transfer: Transfer): Readonly<Record<string, unknown>> {
  const { id, version, schema, status, since, request } = transfer
  return {
    id,
    version,
    schema,
    status,
    doc: JSON.stringify(transfer),
    at: request.at,
    since,
    // One person has one index, whichever account they asked with.
    requester: accountsOf(request).toSorted()[0],
    // Azure's ids are the same in any case of letters.
    database: request.database.id.toLowerCase(),
    // A dry run starts nothing that another transfer could be in the way of.
    guards: !request.dryRun,
    rule: transfer.rule.name,
  }
}

/** What the transfer's rule lets be open at a time, for the call in which it comes under that rule; a dry run takes no room. */
export function roomOf(next: Transfer, how: 'created' | 'settled'): Readonly<Record<string, number>> | undefined {
  const { request, rule, candidates } = next
  if (request.dryRun || candidates) return undefined
  return {
    ...(rule.maxOpenOfRule === undefined ? {} : { most: rule.maxOpenOfRule }),
    // One that is settled is counted among the requester's already.
    ...(how === 'settled' ? { maxOpen: rule.maxOpen } : {}),
  }
}

/** Reads a record back from the fields of its hash; undefined when there is none. */
export function parseStored(fields: Readonly<Record<string, string>>): Stored | undefined {
  if (fields.doc === undefined) return undefined
  return {
    transfer: JSON.parse(fields.doc) as Transfer,
    chat: fields.chat === undefined ? { slots: {} } : (JSON.parse(fields.chat) as ChatState),
    chatVersion: Number(fields.sv ?? 0),
    effects: Object.fromEntries(
      Object.entries(fields).flatMap(([field, value]) => {
        if (!field.startsWith('fx:')) return []
        const slot = field.slice('fx:'.length)
        const result = fields[`result:${slot}`]
        const effect = JSON.parse(value) as Effect
        return [[slot, result === undefined ? effect : { ...effect, result: JSON.parse(result) as unknown }]]
      }),
    ),
  }
}

/** Reads an answer that was kept for a delivery. */
export function parseAnswer(text: string): Answer {
  return JSON.parse(text) as Answer
}

/** The fields of a flat list of names and values. */
export function fieldsOf(flat: readonly string[]): Record<string, string> {
  const fields: Record<string, string> = {}
  for (let at = 0; at < flat.length; at += 2) fields[flat[at] ?? ''] = flat[at + 1] ?? ''
  return fields
}

/** One flat line for each event. */
export function auditLines(next: Transfer, events: readonly Event[]): readonly (readonly string[])[] {
  return events.map((event, index) => {
    const version = next.version - events.length + index + 1
    const by = actorOf(event)
    return flat({
      at: String(event.at),
      kind: event.type,
      transfer: next.id,
      version: String(version),
      ...(by === undefined ? {} : { by }),
      event: JSON.stringify(event),
    })
  })
}

/** The line of something that changed no record. */
export function noticeLine({ at, kind, by, transfer, facts }: Notice): readonly string[] {
  return flat({
    at: String(at),
    kind,
    ...(transfer === undefined ? {} : { transfer }),
    ...(by === undefined ? {} : { by }),
    event: JSON.stringify(facts),
  })
}

/** The line of what became of a call with effect: how it went, and Azure's own id of the request. */
export function effectLine(
  transfer: string,
  slot: string,
  token: string,
  result: unknown,
  at: Millis,
): readonly string[] {
  const { kind, ok, requestId, fault, operation } = Object(result) as Outcome
  const outcome = kind ?? (ok === undefined ? 'unknown' : ok ? 'taken' : 'failed')
  const id = requestId ?? fault?.requestId
  const facts = {
    ...{ slot, token, outcome },
    ...(operation === undefined ? {} : { operation: operation.id }),
    ...(fault === undefined ? {} : { code: fault.code }),
    ...(id === undefined ? {} : { requestId: id }),
  }
  return noticeLine({ at, kind: 'effect', transfer, facts })
}

/** What the results of effects have in common, as far as the audit tells it. */
type Outcome = { kind?: string; ok?: boolean; requestId?: string; fault?: Fault; operation?: { id: string } }

/** As the scripts read it: cjson has no null that a script could test, so "take out" is false. */
export function dueOf(due: Due): Readonly<Record<string, number | false>> {
  return Object.fromEntries(
    Object.entries(due).flatMap(([role, at]) => (at === undefined ? [] : [[role, at ?? false]])),
  )
}

/** Effects without their results, which have a field of their own: a late one must not be overwritten by an older copy. */
export function effectsOf(effects: Readonly<Record<string, Effect | null>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(effects).map(([slot, effect]) => {
      if (effect === null) return [slot, false]
      const { result, ...intent } = effect
      const doc = JSON.stringify(intent)
      return [slot, { token: intent.token, doc, ...(result === undefined ? {} : { result: JSON.stringify(result) }) }]
    }),
  )
}

/** The limit of a notice's actor, as the scripts read it. */
export function limitOf({ by, at }: Notice, limit?: RefusalLimit): { limit?: Readonly<Record<string, unknown>> } {
  return limit && by !== undefined ? { limit: { ...limit, actor: by, at } } : {}
}

/** A delivery with its answer as text. */
export function onceOf({ delivery, answer, notAfter }: Once): Readonly<Record<string, unknown>> {
  return { delivery, answer: JSON.stringify(answer), notAfter }
}

/** The index that a list is read from. */
export function indexOf(by: Parameters<Store['list']>[0]): string {
  if ('requester' in by) return `by-requester:${by.requester}`
  if ('openOf' in by) return `open:${by.openOf}`
  // Azure's ids are the same in any case of letters.
  if ('database' in by) return `by-database:${by.database.toLowerCase()}`
  return 'status' in by ? `by-status:${by.status}` : 'all'
}

function actorOf(event: Event): Person | undefined {
  if (event.type === 'requested') return event.request.by
  if (event.type === 'decided') return event.decision.by
  if (event.type === 'question_asked') return event.question.by
  if (event.type === 'withdrawn') return event.withdrawal.by
  return event.type === 'cancel_asked' || event.type === 'settled' ? event.by : undefined
}

function flat(fields: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries({ ...fields, digest: digestOf(fields) }).flat()
}
