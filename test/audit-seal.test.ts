import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { digestOf, type Entry, sha256 } from '../src/audit/entry.ts'
import { type Seal, type Signed, sealDigest, sealLine, signed } from '../src/audit/seal.ts'
import type { SigningKey } from '../src/audit/signing-key.ts'
import {
  type AuditWorld,
  newKey,
  relink,
  rewrite,
  sealsIn,
  sealsLogged,
  startAuditWorld,
  tag,
} from './support/audit.ts'
import { askedAt, nextOf, onceOf, requestedOf, transferOf } from './support/transfers.ts'

let world: AuditWorld
beforeAll(async () => {
  world = await startAuditWorld()
})
beforeEach(async () => {
  await world.empty()
  world.clock.at = 1_800_000_000_000
})
afterAll(() => world.close())

const minute = 60_000

/** Two transfers of three entries each, one after the other, and two entries of the service. */
async function history(): Promise<void> {
  for (const id of ['aaaa2222', 'bbbb2222']) {
    const transfer = transferOf(id)
    const once = onceOf(`asked ${id}`, world.store.notAfter(1_000))
    await world.store.create(transfer, requestedOf(transfer), once, { advance: askedAt, show: askedAt })
    const second = nextOf(transfer)
    await world.store.commit({ ...second, due: {} })
    await world.store.commit({ ...nextOf(second.next), due: {} })
    await said(`after ${id}`)
  }
}

const said = (text: string) => world.store.note({ at: world.clock.at, kind: 'said', facts: { text } })

/** A history of which all is sealed, and its entries. */
async function sealedHistory(): Promise<Entry[]> {
  await history()
  await world.sealer().round()
  return [...(await world.entries())]
}

describe('the sealer', () => {
  it('signs what is new, with the heads of the chains that went on, into the audit and into the log', async () => {
    const entries = await sealedHistory()
    const [seal, ...more] = sealsIn(entries)
    expect(more).toEqual([])
    expect(entries.at(-1)).toMatchObject({ n: '9', kind: 'sealed', chain: 'service' })
    expect(seal).toMatchObject({ from: 1, to: 8, previous: '', at: world.clock.at, key: world.key.public.id })
    expect(seal?.heads).toEqual({ aaaa2222: entries[2]?.head, bbbb2222: entries[6]?.head, service: entries[7]?.head })
    expect(sealsLogged(world)).toEqual([seal])
    expect(await world.verify()).toMatchObject({ problems: [], seals: 1, vouched: [{ from: 1, to: 8 }] })
  })

  it('seals once a minute at most, and nothing when only its own seal is new', async () => {
    await sealedHistory()
    const sealer = world.sealer()
    await said('soon after')
    await world.admin.del(`${tag}:audit:turn`)
    await sealer.round()
    expect(sealsIn(await world.entries())).toHaveLength(1)
    world.clock.at += minute
    await sealer.round()
    expect(sealsIn(await world.entries()).map(({ from, to }) => [from, to])).toEqual([
      [1, 8],
      [9, 10],
    ])
    world.clock.at += minute
    await sealer.round()
    await sealer.finish()
    expect(sealsIn(await world.entries())).toHaveLength(2)
    expect(await world.verify()).toMatchObject({ problems: [], vouched: [{ from: 1, to: 10 }] })
    expect(await world.verify()).not.toHaveProperty('unsealed')
  })

  it('seals what is left at the end, whoever has the turn', async () => {
    const [first, second] = [world.sealer(), world.sealer()]
    await sealedHistory()
    await first.round()
    await said('the last words')
    expect((await world.verify()).unsealed).toEqual({ from: 9, to: 10, fromAt: world.clock.at })
    await second.finish()
    expect(await world.verify()).toMatchObject({ problems: [], vouched: [{ from: 1, to: 10 }] })
  })

  it('makes one row of seals when several want to at once', async () => {
    const sealers = Array.from({ length: 5 }, () => world.sealer())
    for (let turn = 0; turn < 6; turn++) {
      await Promise.all([
        history().catch(() => undefined),
        ...sealers.map((each) => each.finish()),
        said(`turn ${turn}`),
      ])
      await world.admin.del(`${tag}:audit:turn`)
      world.clock.at += minute
      await Promise.all(sealers.map((each) => each.round()))
    }
    await sealers[0]?.finish()
    const verdict = await world.verify(sealsLogged(world))
    expect(verdict.problems).toEqual([])
    expect(verdict.vouched).toHaveLength(1)
    expect(sealsLogged(world)).toHaveLength(sealsIn(await world.entries()).length)
  })

  it('goes on where another one stopped in the middle, in seals of at most a thousand entries', async () => {
    // Not all at once: each call to Redis has only five seconds.
    for (let index = 0; index < 2_300; index += 100) {
      await Promise.all(Array.from({ length: 100 }, (_, word) => said(`word ${index + word}`)))
    }
    await world.sealer().round()
    const seals = sealsIn(await world.entries())
    expect(seals.map(({ from, to }) => [from, to])).toEqual([
      [1, 1_000],
      [1_001, 2_000],
      [2_001, 2_300],
    ])
    expect(await world.verify()).toMatchObject({ problems: [], vouched: [{ from: 1, to: 2_300 }] })
  })

  it('says that the audit was cut when Redis comes back with an older one', async () => {
    await history()
    const sealer = world.sealer()
    await sealer.round()
    await world.admin.flushall()
    await said('as if nothing had been')
    world.clock.at += minute
    await sealer.round()
    expect(world.logged.filter(({ level }) => level === 'error')).toMatchObject([
      { message: expect.stringMatching(/cut|older/) },
    ])
  })
})

describe('what somebody who holds Redis does to the sealing', () => {
  it('is told in the next seal itself, when they put a history of their own in its place', async () => {
    await sealedHistory()
    const sealer = world.sealer()
    const standby = world.sealer()
    await sealer.round()
    await standby.round()
    await world.admin.flushall()
    await said('as if nothing had been')
    world.clock.at += minute
    await standby.round()
    expect(sealsIn(await world.entries())).toMatchObject([{ from: 1, to: 1, missed: { to: 8 } }])
    const { problems, vouched } = await world.verify()
    expect(problems).toMatchObject([{ kind: 'bad_seal', text: expect.stringContaining('up to 8 were sealed before') }])
    expect(vouched).toEqual([])
    await said('later')
    await standby.finish()
    expect(sealsIn(await world.entries())[1]).not.toHaveProperty('missed')
  })

  it('puts no seal off by a time that lies ahead', async () => {
    await sealedHistory()
    await world.admin.hset(`${tag}:audit:sealed`, 'at', world.clock.at + 1_000 * minute)
    await world.admin.del(`${tag}:audit:turn`)
    await said('unseen')
    await world.sealer().round()
    expect(await world.verify()).toMatchObject({ problems: [], vouched: [{ to: 10 }] })
  })

  it('keeps nobody from sealing by a turn that never ends', async () => {
    await sealedHistory()
    const sealer = world.sealer()
    await world.admin.set(`${tag}:audit:turn`, 'nobody')
    await said('unseen')
    for (let each = 0; each < 6; each++) {
      await sealer.round()
      world.clock.at += minute
    }
    expect(sealsIn(await world.entries())).toHaveLength(1)
    await sealer.round()
    expect(await world.verify()).toMatchObject({ problems: [], vouched: [{ to: 10 }] })
    expect(world.logged.at(-2)).toMatchObject({ level: 'error', message: expect.stringContaining('does not seal') })
  })
})

describe('verify finds', () => {
  const kinds = async (...given: Parameters<AuditWorld['verify']>) => {
    const { problems } = await world.verify(...given)
    return problems.map(({ kind, from, to }) => `${kind} ${from === to ? from : `${from}-${to}`}`)
  }

  it('nothing in an audit that is as it was written', async () => {
    await sealedHistory()
    expect(await kinds(sealsLogged(world))).toEqual([])
  })

  it.for(['by', 'event', 'at', 'kind', 'transfer', 'version'])('an entry whose %s was changed', async (field) => {
    const entries = await sealedHistory()
    entries[4] = { ...entries[4], [field]: '7' }
    await rewrite(world, entries)
    expect(await kinds()).toEqual(['changed 5'])
    expect((await world.verify()).vouched).toEqual([])
  })

  it('an entry that was changed with its digest, by its chain and its seal', async () => {
    const entries = await sealedHistory()
    const changed = { ...entries[4], by: 'slack:T1/UEVIL' }
    entries[4] = { ...changed, digest: digestOf(changed) }
    await rewrite(world, entries)
    expect(await kinds()).toEqual(['bad_seal 1-8', 'broken_chain 5'])
  })

  it('an entry that was put in where there was none', async () => {
    const entries = await sealedHistory()
    await rewrite(world, [...entries.slice(0, 4), { ...entries[4], event: '{}' }, ...entries.slice(5)])
    expect(await kinds()).toEqual(['changed 5'])
    await rewrite(world, [...entries, { ...entries[4], n: '10' }])
    expect(await kinds()).toContain('broken_chain 10')
  })

  it('an entry that was taken out', async () => {
    const entries = await sealedHistory()
    await rewrite(world, entries.toSpliced(4, 1))
    expect(await kinds()).toEqual(['bad_seal 1-8', 'missing 5', 'broken_chain 6'])
  })

  it('an entry that was taken out, the others moved up', async () => {
    const entries = await sealedHistory()
    const moved = entries.toSpliced(4, 1).map((entry, index) => ({ ...entry, n: String(index + 1) }))
    await rewrite(world, moved)
    expect(await kinds()).toEqual(expect.arrayContaining(['missing 9', 'broken_chain 5']))
  })

  it.for([
    ['of one transfer', 1, 2],
    ['of two transfers', 2, 4],
    ['of a transfer and of the service', 3, 5],
  ] as const)('two entries that changed places (%s)', async ([, one, two]) => {
    const entries = await sealedHistory()
    const [first, second] = [entries[one], entries[two]] as [Entry, Entry]
    entries[one] = { ...second, n: String(one + 1) }
    entries[two] = { ...first, n: String(two + 1) }
    await rewrite(world, entries)
    const found = await kinds()
    expect(found).toContain(`reordered ${one + 1}`)
    expect(found).toContain(`reordered ${two + 1}`)
    expect(found).toContain('bad_seal 1-8')
  })

  it('entries whose ids alone changed places', async () => {
    const entries = await sealedHistory()
    await world.admin.del(`${tag}:audit`)
    for (const [index, entry] of [entries[1], entries[0], ...entries.slice(2)].entries()) {
      await world.admin.xadd(`${tag}:audit`, `${index + 1}-0`, ...Object.entries(entry ?? {}).flat())
    }
    expect(await kinds()).toEqual(expect.arrayContaining(['reordered 1', 'reordered 2']))
  })

  it('an end that was cut, by the count, by the records, and by the log when both were set back', async () => {
    const entries = await sealedHistory()
    await rewrite(world, entries.slice(0, 5))
    expect(await kinds()).toEqual(expect.arrayContaining(['missing 6-9', 'wrong_head 6']))
    await world.admin.set(`${tag}:audit:count`, 5)
    expect(await kinds()).toEqual(expect.arrayContaining(['wrong_head 6']))
    await world.admin.hset(`${tag}:transfer:bbbb2222`, 'head', entries[4]?.head ?? '')
    await world.admin.hset(`${tag}:audit:chain`, 'head', entries[3]?.head ?? '')
    expect(await kinds()).toEqual([])
    expect(await kinds(sealsLogged(world))).toEqual(['missing 6-8'])
  })

  it('a history that was written anew without the key', async () => {
    const entries = await sealedHistory()
    const anew = relink(entries.map((entry) => (entry.by ? { ...entry, by: 'slack:T1/UEVIL' } : entry)))
    await rewrite(world, anew)
    expect(await kinds()).toContain('bad_seal 1-8')
    expect((await world.verify()).vouched).toEqual([])
  })

  it('a history that was written anew with a stolen key, by the seals of the log', async () => {
    const entries = (await sealedHistory()).slice(0, 8)
    const anew = relink(entries.map((entry) => (entry.by ? { ...entry, by: 'slack:T1/UEVIL' } : entry)))
    const seal = sealOf(anew, world.key, { from: 1, to: 8, previous: '' })
    const all = relink([...anew, entryOf(9, seal)])
    await rewrite(world, all)
    for (const chain of ['aaaa2222', 'bbbb2222', 'service']) {
      const place = chain === 'service' ? `${tag}:audit:chain` : `${tag}:transfer:${chain}`
      await world.admin.hset(place, 'head', all.findLast((entry) => entry.chain === chain)?.head ?? '')
    }
    expect(await kinds()).toEqual([])
    expect(await kinds(sealsLogged(world))).toEqual(['not_as_sealed 1-8'])
  })

  it('a seal that another key signed, in the name of ours or in its own', async () => {
    const entries = (await sealedHistory()).slice(0, 8)
    const evil = newKey()
    const own = sealOf(entries, evil, { from: 1, to: 8, previous: '' })
    await rewrite(world, relink([...entries, entryOf(9, own)]))
    expect(await kinds()).toContain('unknown_key 9')
    await rewrite(world, relink([...entries, entryOf(9, { ...own, key: world.key.public.id })]))
    expect(await kinds()).toContain('bad_seal 9')
  })

  it('seals that were left out of the row', async () => {
    await sealedHistory()
    const sealer = world.sealer()
    for (let turn = 0; turn < 3; turn++) {
      await said(`turn ${turn}`)
      await sealer.finish()
    }
    const entries = [...(await world.entries())]
    const gone = entries.findIndex(({ kind, n }) => kind === 'sealed' && n !== '9')
    await rewrite(world, entries.toSpliced(gone, 1))
    const found = await kinds()
    expect(found.some((each) => each.startsWith('missing'))).toBe(true)
    expect(found.some((each) => each.startsWith('bad_seal'))).toBe(true)
  })

  it('a forged seal in the log', async () => {
    await sealedHistory()
    const [seal] = sealsLogged(world) as [Signed<Seal>]
    expect(await kinds([{ ...seal, to: 7 }])).toEqual(['bad_seal 1-7'])
  })

  it('nothing after the key was changed, when both are given', async () => {
    await sealedHistory()
    const next = newKey()
    await said('by another key')
    await world.sealer({ key: next }).finish()
    expect(await kinds([], [world.key, next])).toEqual([])
    expect((await world.verify([], [world.key, next])).vouched).toMatchObject([{ from: 1, to: 10 }])
    expect(await kinds()).toEqual(['unknown_key 11'])
  })

  it('nothing while the service goes on writing', async () => {
    await sealedHistory()
    let done = false
    const writing = (async () => {
      for (let index = 0; !done; index++) await said(`word ${index}`)
    })()
    for (let look = 0; look < 10; look++) expect(await kinds()).toEqual([])
    done = true
    await writing
  })
})

describe('trimming', () => {
  const day = 24 * 60 * minute

  /** Three sealed days, of which the first may go. */
  async function days(keep: number): Promise<void> {
    const sealer = world.sealer({ keep })
    for (let each = 0; each < 3; each++) {
      await said(`day ${each}`)
      await said('and more')
      await sealer.round()
      world.clock.at += day
    }
    await world.admin.del(`${tag}:audit:turn`)
    await world.sealer({ keep }).round()
  }

  it('takes out what is old, up to the end of a seal that stays, and says so', async () => {
    await days(2.5 * day)
    const entries = await world.entries()
    expect(entries[0]?.n).toBe('3')
    const verdict = await world.verify(sealsLogged(world))
    expect(verdict).toMatchObject({ problems: [], trimmed: { to: 2 } })
    expect(verdict.vouched).toMatchObject([{ from: 3 }])
    await said('later')
    await world.sealer().finish()
    expect(await world.verify(sealsLogged(world))).toMatchObject({ problems: [], trimmed: { to: 2 } })
  })

  it('keeps everything unless told', async () => {
    const sealer = world.sealer()
    await said('old')
    await sealer.round()
    world.clock.at += 4_000 * day
    await sealer.round()
    expect((await world.entries())[0]?.n).toBe('1')
  })

  it('never takes out what no seal covers, or what only claims to be sealed', async () => {
    await history()
    const evil = newKey()
    await world.admin.hset(`${tag}:audit:sealed`, 'digest', 'x', 'to', 8, 'at', 0)
    const entries = await world.entries()
    const forged = sealOf(entries, evil, { from: 1, to: 8, previous: '', at: 1 })
    await rewrite(world, relink([...entries, entryOf(9, { ...forged, key: world.key.public.id })]))
    await world.admin.set(`${tag}:audit:count`, 9)
    world.clock.at += 900 * day
    await world.sealer({ keep: day }).round()
    expect((await world.entries())[0]?.n).toBe('1')
  })

  it('that somebody else did, or that goes further than it says, is found', async () => {
    await days(2.5 * day)
    await world.admin.xtrim(`${tag}:audit`, 'MINID', '5-0')
    expect((await world.verify()).problems.map(({ kind, from, to }) => `${kind} ${from}-${to}`)).toContain(
      'missing 1-4',
    )
    await world.empty()
    await sealedHistory()
    await world.admin.xtrim(`${tag}:audit`, 'MINID', '9-0')
    const trim = signed({ schema: 1, from: 1, to: 8, at: 1, seal: '' } as const, newKey())
    await world.store.note({ at: 1, kind: 'trimmed', facts: { ...trim, key: world.key.public.id } as never })
    const found = (await world.verify()).problems.map(({ kind, from, to }) => `${kind} ${from}-${to}`)
    expect(found).toEqual(expect.arrayContaining(['missing 1-8', 'bad_seal 10-10']))
  })
})

function sealOf(
  entries: readonly Entry[],
  key: SigningKey,
  { from, to, previous, at = world.clock.at }: Pick<Seal, 'from' | 'to' | 'previous'> & { at?: number },
): Signed<Seal> {
  const digest = sha256(entries.map(sealLine).join(''))
  const heads = Object.fromEntries(entries.map(({ chain = '', head = '' }) => [chain, head]))
  const seal = signed({ schema: 1, from, to, at, previous, digest, heads } as const, key)
  expect(sealDigest(seal)).toMatch(/^[0-9a-f]{64}$/)
  return seal
}

function entryOf(n: number, seal: Signed<Seal>): Entry {
  return { n: String(n), chain: 'service', at: String(seal.at), kind: 'sealed', event: JSON.stringify(seal) }
}
