import { randomBytes } from 'node:crypto'
import type { Redis } from 'ioredis'
import { openRulesOf } from '../transfer/candidates.ts'
import { isFinal } from '../transfer/lifecycle.ts'
import { workingStatuses } from '../transfer/model.ts'
import type { CommitResult, CreateResult, Lease, Store } from '../transfer/ports.ts'
import { hashTag } from './keys.ts'
import type { Log } from './log.ts'
import { note } from './lua/audit-scripts.ts'
import * as records from './lua/record-scripts.ts'
import { runScript, type Script } from './lua/script.ts'
import * as work from './lua/work-scripts.ts'
import { createRedisClock } from './redis-clock.ts'
import { confirmByReplica } from './replicas.ts'
import {
  auditLines,
  dueOf,
  effectLine,
  effectsOf,
  fieldsOf,
  indexOf,
  limitOf,
  noticeLine,
  onceOf,
  parseAnswer,
  parseStored,
  recordOf,
  roomOf,
} from './store-format.ts'

/** The store over one connection; `ready` resolves once `notAfter` can be asked. */
export type RedisStore = Store & { ready(): Promise<void> }

/** Makes a store; several (one on a fail-fast connection, one for work) may share a prefix, which holds letters, digits and hyphens. */
export function createStore({ redis, prefix, log }: { redis: Redis; prefix: string; log: Log }): RedisStore {
  const tag = hashTag(prefix)
  const clock = createRedisClock(redis, log)
  const run: Run = (script, input) => runScript(redis, script, tag, input)
  return {
    ready: () => clock.ready,
    notAfter: (budget) => clock.now() + budget,
    ...readers(redis, tag, run),
    ...writers(redis, run),
    ...workers(run),
  }
}

type Run = (script: Script, input: Readonly<Record<string, unknown>>) => Promise<unknown>

function readers(redis: Redis, tag: string, run: Run): Pick<Store, 'read' | 'answered' | 'list' | 'audit'> {
  return {
    read: async (id) => parseStored(await redis.hgetall(`${tag}:transfer:${id}`)),
    answered: async (delivery) => {
      const answer = await redis.get(`${tag}:idem:${delivery}`)
      return answer === null ? undefined : parseAnswer(answer)
    },
    list: async (by, most, { skip = 0, since = '-inf' } = {}) => {
      const found = (await run(work.list, { index: indexOf(by), most, skip, since })) as string[][]
      return found.flatMap((flat) => parseStored(fieldsOf(flat)) ?? [])
    },
    audit: async (from, most) => {
      const entries = await redis.xrange(`${tag}:audit`, `${from}-0`, '+', 'COUNT', most)
      return entries.map(([, flat]) => fieldsOf(flat))
    },
  }
}

function writers(redis: Redis, run: Run): Pick<Store, 'create' | 'commit' | 'remember' | 'note'> {
  return {
    create: async (next, events, once, due) =>
      createResult(
        await run(records.create, {
          ...recordOf(next),
          maxOpen: Math.max(...openRulesOf(next).map(({ maxOpen }) => maxOpen)),
          ...(roomOf(next, 'created') ? { room: roomOf(next, 'created') } : {}),
          audit: auditLines(next, events),
          once: onceOf(once),
          due: dueOf(due),
        }),
      ),
    commit: async ({ next, events, due, once, lease, effects, guard }) => {
      const result = commitResult(
        await run(records.commit, {
          ...recordOf(next),
          call: callId(),
          events: events.length,
          audit: auditLines(next, events),
          effects: effectsOf(effects ?? {}),
          due: dueOf(due),
          final: isFinal(next.status),
          ...(events.some(({ type }) => type === 'rule_settled') ? { room: roomOf(next, 'settled') } : {}),
          free: guard === 'free',
          ...(once ? { once: onceOf(once) } : {}),
          ...(lease ? { lease: holderOf(lease) } : {}),
        }),
      )
      if (effects && result.kind === 'committed') await confirmByReplica(redis)
      return result
    },
    remember: async (once, notice, limit) => {
      const [kind, value] = (await run(records.remember, {
        once: onceOf(once),
        audit: [noticeLine(notice)],
        ...limitOf(notice, limit),
      })) as Reply
      return kind === 'repeat' ? repeat(value) : { kind: kind as 'kept' | 'held' | 'late' }
    },
    note: async (notice, how) => {
      const told = how === 'held' && notice.by !== undefined ? { told: notice.by } : {}
      const limit = typeof how === 'object' ? limitOf(notice, how) : {}
      return (await run(note, { call: callId(), audit: [noticeLine(notice)], ...told, ...limit })) as 'kept' | 'held'
    },
  }
}

function workers(
  run: Run,
): Pick<Store, 'park' | 'result' | 'commitChat' | 'claim' | 'heal' | 'begin' | 'renew' | 'finish'> {
  const held = (lease: Lease) => ({ id: lease.id, lease: holderOf(lease) })
  const isDone = async (script: Script, input: Readonly<Record<string, unknown>>) => (await run(script, input)) === 1
  return {
    park: (lease, version, due, how) =>
      isDone(work.park, { ...held(lease), version, due: dueOf(due), failed: how === 'failed' }),
    result: (id, slot, token, result, at) => {
      const audit = [effectLine(id, slot, token, result, at)]
      return isDone(work.result, { id, slot, token, result: JSON.stringify(result ?? null), audit })
    },
    commitChat: (lease, chatVersion, chat, seen, due, told = []) =>
      isDone(work.commitChat, {
        ...held(lease),
        audit: told.map(noticeLine),
        chatVersion,
        chat: JSON.stringify(chat),
        seen,
        due: due ?? false,
        call: callId(),
      }),
    heal: async () => (await run(work.heal, { statuses: workingStatuses })) as string[],
    claim: async (role, now, most) => (await run(work.claim, { role, now, most })) as string[],
    begin: async (lease) => {
      const tries = Number(await run(work.begin, held(lease)))
      return tries > 0 ? { tries } : undefined
    },
    renew: (lease) => isDone(work.renew, held(lease)),
    finish: async (lease) => {
      await run(work.finish, held(lease))
    },
  }
}

type Reply = [kind: string, value?: string, ...more: string[]]

function createResult(reply: unknown): CreateResult {
  const [kind, value = '', ...more] = reply as Reply
  if (kind === 'repeat') return repeat(value)
  if (kind === 'crowded') return { kind, ids: [value, ...more] }
  if (kind === 'guarded') return { kind, by: value }
  if (kind === 'limit') return { kind, open: Number(value) }
  return { kind: kind as 'created' | 'taken' | 'late' }
}

function commitResult(reply: unknown): CommitResult {
  const [kind, value = '', ...more] = reply as Reply
  if (kind === 'limit') return { kind, open: Number(value) }
  if (kind === 'crowded') return { kind, ids: [value, ...more] }
  return kind === 'repeat' ? repeat(value || undefined) : { kind: kind as 'committed' | 'conflict' | 'late' | 'lost' }
}

function repeat(answer = 'null'): { kind: 'repeat'; answer: ReturnType<typeof parseAnswer> } {
  return { kind: 'repeat', answer: parseAnswer(answer) }
}

function holderOf({ role, owner }: Lease): Pick<Lease, 'role' | 'owner'> {
  return { role, owner }
}

/** Tells the same call, sent twice by the connection, from another one that wants the same. */
function callId(): string {
  return randomBytes(6).toString('base64url')
}
