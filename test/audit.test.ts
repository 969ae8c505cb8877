import { createHash } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { digestOf, linkOf, sha256 } from '../src/audit/entry.ts'
import { evidenceOf } from '../src/audit/evidence.ts'
import { sha256Lua } from '../src/queue/lua/sha256.ts'
import type { Transfer } from '../src/transfer/model.ts'
import type { ChatState, Lease, Notice, Stored } from '../src/transfer/ports.ts'
import { type AuditWorld, headOf, startAuditWorld, strangers, tag } from './support/audit.ts'
import { askedAt, nextOf, onceOf, requestedOf, transferOf } from './support/transfers.ts'

let world: AuditWorld
beforeAll(async () => {
  world = await startAuditWorld()
})
beforeEach(() => world.empty())
afterAll(() => world.close())

const idle = {}
const soon = () => world.store.notAfter(1_000)

async function created(id: string): Promise<Transfer> {
  const transfer = transferOf(id)
  const due = { advance: askedAt, show: askedAt }
  expect(await world.store.create(transfer, requestedOf(transfer), onceOf(`asked ${id}`, soon()), due)).toEqual({
    kind: 'created',
  })
  return transfer
}

const headIn = (id: string) => world.admin.hget(`${tag}:transfer:${id}`, 'head')
const chainOf = async (id: string) => (await world.entries()).filter(({ chain }) => chain === id)

describe('SHA-256 in Redis', () => {
  it('is that of everybody else, for texts of every length around a block', async () => {
    for (const length of [0, 1, 54, 55, 56, 63, 64, 65, 119, 120, 150]) {
      const text = 'ä'.repeat(3) + 'x'.repeat(length)
      const ours = await world.admin.eval(`${sha256Lua}return hashed(ARGV[1])`, 0, text)
      expect(ours, String(length)).toBe(createHash('sha256').update(text).digest('hex'))
    }
  })

  it('links as TypeScript does, also numbers beyond 32 bits', async () => {
    for (const n of [1, 77, 2 ** 32, 2 ** 40 + 5]) {
      const [head, digest] = [sha256(`head ${n}`), sha256(`digest ${n}`)]
      const ours = await world.admin.eval(
        `${sha256Lua}return linked(ARGV[1], ARGV[2], tonumber(ARGV[3]))`,
        0,
        head,
        digest,
        n,
      )
      expect(ours).toBe(linkOf(head, digest, n))
    }
  })
})

describe('the chain of a transfer', () => {
  it('holds what happened, what became of calls, what was shown and what was refused, written at the same time', async () => {
    const { store } = world
    const transfer = await created('aaaa2222')
    const lease: Lease = { role: 'show', id: 'aaaa2222', owner: 'one' }
    await store.begin(lease)
    const slots = Array.from({ length: 10 }, (_, index) => `slot:${index}`)
    const effects = Object.fromEntries(slots.map((slot) => [slot, { token: slot, at: 1, attempt: 1 }]))
    await store.commit({ ...nextOf(transfer), due: idle, effects })
    const chat: ChatState = { slots: {} }
    const message: Notice = { at: 5, kind: 'message', transfer: 'aaaa2222', facts: { how: 'posted', slot: 'root' } }
    const refused: Notice = {
      at: 5,
      kind: 'decision_refused',
      by: 'slack:T1/U1',
      transfer: 'aaaa2222',
      facts: { code: 'no' },
    }
    const second = nextOf(nextOf(transfer).next)
    await Promise.all([
      ...slots.map((slot) => store.result('aaaa2222', slot, slot, { ok: true, requestId: `request ${slot}` }, 6)),
      ...slots.map((slot) => store.remember(onceOf(slot, soon()), refused)),
      store.commit({ ...second, due: idle }),
      store.commitChat(lease, 0, chat, 2, 1, [message]),
      store.note(refused),
    ])
    const chain = await chainOf('aaaa2222')
    expect(chain).toHaveLength(1 + 1 + 10 + 10 + 1 + 1 + 1)
    expect(headOf(chain)).toBe(await headIn('aaaa2222'))
    expect(chain.map(({ n }) => Number(n))).toEqual(Array.from({ length: 25 }, (_, index) => index + 1))
    const effect = chain.find(({ kind, event }) => kind === 'effect' && event?.includes('slot:3'))
    expect(JSON.parse(effect?.event ?? '')).toEqual({
      ...{ slot: 'slot:3', token: 'slot:3', outcome: 'taken', requestId: 'request slot:3' },
    })
    expect((await world.verify()).problems).toEqual([])
  })

  it('begins anew where a record of before has no head, and outlives a head that is none', async () => {
    const transfer = await created('aaaa2222')
    await world.admin.hset(`${tag}:transfer:aaaa2222`, 'head', 'not a head')
    await world.store.commit({ ...nextOf(transfer), due: idle })
    const [, second] = await chainOf('aaaa2222')
    expect(second?.head).toBe(headOf(second ? [second] : []))
    expect((await world.verify()).problems).toMatchObject([{ kind: 'broken_chain', from: 2 }])
  })

  it('has one entry of a call whose reply was lost and that came again', async () => {
    const { store } = world
    const transfer = await created('aaaa2222')
    await store.commit({ ...nextOf(transfer), due: idle, effects: { submit: { token: 't', at: 1, attempt: 1 } } })
    for (const _ of [1, 2, 3])
      await store.result('aaaa2222', 'submit', 't', { kind: 'refused', fault: { code: 'X', message: '' } }, 6)
    const effects = (await world.entries()).filter(({ kind }) => kind === 'effect')
    expect(effects.map(({ event }) => JSON.parse(event ?? ''))).toEqual([
      { slot: 'submit', token: 't', outcome: 'refused', code: 'X' },
    ])
  })

  it('has nothing of a refusal about a transfer that does not exist: that is of the service', async () => {
    await world.store.remember(onceOf('d', soon()), { at: 1, kind: 'command_refused', transfer: 'zzzz2222', facts: {} })
    expect(await world.entries()).toMatchObject([{ chain: 'service', transfer: 'zzzz2222' }])
    expect(await world.admin.exists(`${tag}:transfer:zzzz2222`)).toBe(0)
    expect((await world.verify()).problems).toEqual([])
  })

  it('digests text of any alphabet as Redis counts it', async () => {
    const facts = { code: 'ß “é” 🙂 \u0000 \ud800' }
    await world.store.note({ at: 1, kind: 'x', by: 'slack:T1/Ü', facts })
    const [entry] = await world.entries()
    expect(digestOf(entry ?? {})).toBe(entry?.digest)
  })
})

describe('refusals of strangers', () => {
  const refusal = (at: number, by = 'slack:T1/USTRANGER'): Notice => ({
    at,
    kind: 'command_refused',
    by,
    facts: { code: 'stranger' },
  })
  const refuse = async (at: number, by?: string) => {
    const notice = refusal(at, by)
    return (await world.store.remember(onceOf(`${by} ${at}`, soon()), notice, strangers)).kind
  }

  it('are told one by one up to the limit of each actor, then counted, and told as one line after the window', async () => {
    const kinds = await Promise.all(Array.from({ length: 10 }, (_, index) => refuse(1_000 + index)))
    expect(kinds.filter((kind) => kind === 'kept')).toHaveLength(3)
    expect(kinds.filter((kind) => kind === 'held')).toHaveLength(7)
    expect(await refuse(2_000, 'slack:T1/UOTHER')).toBe('kept')
    expect(await refuse(70_000)).toBe('kept')
    const told = (await world.entries()).slice(4)
    expect(told).toMatchObject([
      { kind: 'refusals_held_back', by: 'slack:T1/USTRANGER', at: '70000', event: '{"count":"7"}' },
      { kind: 'command_refused', at: '70000' },
    ])
    expect((await world.verify()).problems).toEqual([])
  })

  it('are told by the sealer when the stranger does not come back', async () => {
    world.clock.at = 1_000
    for (let at = 1_000; at < 1_009; at++) await refuse(at)
    await world.audit.heldBack(50_000, strangers)
    expect(await world.entries()).toHaveLength(3)
    await world.audit.heldBack(62_000, strangers)
    await world.audit.heldBack(62_000, strangers)
    expect((await world.entries()).slice(3)).toMatchObject([{ kind: 'refusals_held_back', event: '{"count":"6"}' }])
    expect(await world.admin.keys('*:audit:refusals')).toEqual([])
  })

  it('keeps each answer all the same', async () => {
    for (let at = 1_000; at < 1_006; at++) await refuse(at)
    expect(await world.store.answered('undefined 1005')).toBeDefined()
  })

  it('tells after all what was only counted, of those who belong here', async () => {
    for (let at = 1_000; at < 1_005; at++) {
      if ((await refuse(at)) === 'held') expect(await world.store.note(refusal(at), 'held')).toBe('kept')
    }
    await world.audit.heldBack(90_000, strangers)
    expect((await world.entries()).map(({ kind }) => kind)).toEqual(Array.from({ length: 5 }, () => 'command_refused'))
  })
})

describe('evidence of a transfer that never came under a rule', () => {
  it('says so, and names the rules that could have counted', () => {
    const transfer = transferOf('aaaa2222')
    const candidates = [{ rule: transfer.rule, outcome: 'later' }] as const
    const chat = {} as Stored['chat']
    const stored = { transfer: { ...transfer, candidates }, chat } as unknown as Stored
    const pack = evidenceOf({ id: transfer.id, stored, head: undefined, entries: [], keys: [] }, 1)
    expect(pack.asked).toMatchObject({ rule: 'not settled', candidates: [{ rule: { name: 'default' } }] })
  })
})
