import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Entry } from '../src/audit/entry.ts'
import { makeKeyFile } from '../src/audit/key-file.ts'
import { createSealer } from '../src/audit/sealer.ts'
import { readSigningKey } from '../src/audit/signing-key.ts'
import { createAuditLog } from '../src/queue/audit-log.ts'
import { startEmbeddedRedis } from '../src/queue/embedded-redis.ts'
import { newPem } from './support/audit.ts'
import { casesWorld, partsOf } from './support/cases.ts'
import { auditOf, secretsOf } from './support/e2e.ts'
import { askImport, packedIn, removed } from './support/imports.ts'
import { repositoryFolder } from './support/redis.ts'
import { approve, ask, cardOf, deny, eventually, inStatus, reply, told, withRedis } from './support/story.ts'
import { messagesOf, type Running, startWorld, textOf, type World } from './support/world.ts'

vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 })

const script = resolve(import.meta.dirname, '../src/cli.ts')

let world: World
let worker: Running
beforeAll(async () => {
  const cases = { good: {}, bad: {}, made: {}, left: { leftOver: 'remove' } } as const
  const azure = { timings: { createMs: 200 }, options: { connectionsAfterJob: 'stay' } } as const
  world = await startWorld(casesWorld(cases, { azure, slack: { rateLimits: 'off' } }))
  packedIn(world, 'made', partsOf(world, 'made').account.name)
  removed(world, 'made')
  ;[worker] = await Promise.all([world.start('worker'), world.start('bot')])
})
afterAll(() => world.close())

type Ran = { code: number; out: string; err: string }

/** Runs `drawbridge …` where the processes of the world run. */
function drawbridge(
  args: readonly string[],
  environment: Record<string, string | undefined> = {},
  folder = world.folder,
): Promise<Ran> {
  const env = { PATH: process.env.PATH ?? '', REDIS_URL: world.proxy.url, ...environment }
  return new Promise((done) => {
    execFile(process.execPath, [script, ...args], { cwd: folder, env, maxBuffer: 1 << 26 }, (error, out, err) => {
      done({ code: error ? Number(error.code) : 0, out, err })
    })
  })
}

/** Puts other entries in the place of all, as somebody does who holds Redis. */
async function putAll(entries: readonly Entry[]): Promise<void> {
  await withRedis(world, async (redis) => {
    await redis.del('{drawbridge}:audit')
    for (const entry of entries) await redis.xadd('{drawbridge}:audit', `${entry.n}-0`, ...Object.entries(entry).flat())
  })
}

const linesOf = async (kind: string, id?: string): Promise<readonly Entry[]> =>
  (await auditOf(world)).filter((entry) => entry.kind === kind && (id === undefined || entry.transfer === id))
const saidIn = (entries: readonly Entry[]) => entries.map(({ event }) => JSON.parse(event ?? '{}'))

/** The ids that Azure gave to what it was asked. */
const requestIds = () =>
  new Set(world.azure.state.requests.map(({ responseHeaders }) => responseHeaders?.['x-ms-request-id']))

async function exported(): Promise<string> {
  const id = await ask(world, 'good')
  await approve(world, await cardOf(world, id))
  await reply(world, id, 'has finished')
  await eventually(() => !textOf(messagesOf(world.slack, id, 'card')[0]).includes('"action_id":"approve"'))
  return id
}

describe('the audit holds', () => {
  test('each start, and what differs in the configuration by its names alone', async () => {
    expect(
      saidIn(await linesOf('started'))
        .map(({ role, version }) => `${role} ${version}`)
        .toSorted(),
    ).toEqual(['bot 0.1.0', 'worker 0.1.0'])
    const [first, ...more] = saidIn(await linesOf('configuration_changed'))
    expect(more).toEqual([])
    expect(first).toMatchObject({
      added: 'left, made, bad, good, production, test',
      to: expect.stringMatching(/^\w{64}$/),
    })
    const file = join(world.folder, 'drawbridge.yaml')
    const yaml = await readFile(file, 'utf8')
    await writeFile(file, yaml.replaceAll('expiry: 8h', 'expiry: 7h').replace(/name: left$/m, 'name: other'))
    await worker.term()
    worker = await world.start('worker')
    const changed = saidIn(await linesOf('configuration_changed'))[1]
    expect(changed).toMatchObject({ from: first.to, added: 'other', removed: 'left', parts: 'rules' })
    expect(changed.changed.split(', ')).toEqual(expect.arrayContaining(['good', 'production']))
    await writeFile(file, yaml)
    await worker.term()
    worker = await world.start('worker')
  })

  test('the commands that change nothing, without what was typed, and the refusals, each with its place', async () => {
    await told(world, 'U0DANA', 'help')
    await told(world, 'U0DANA', 'list')
    await told(world, 'U0DANA', 'status zzzz2222')
    await told(world, 'U0DANA', 'frobnicate the words')
    const by = 'slack:T0SANDBOX/U0DANA'
    const lines = (await auditOf(world)).filter((entry) => entry.by === by)
    expect(lines.map(({ kind, transfer, event }) => [kind, transfer, JSON.parse(event ?? '')])).toEqual([
      ['command', undefined, { verb: 'help', place: expect.any(String) }],
      ['command', undefined, { verb: 'list', place: expect.any(String) }],
      ['command_refused', 'zzzz2222', { verb: 'status', place: expect.any(String), code: 'unknown_transfer' }],
      ['command_refused', undefined, { place: expect.any(String), code: 'unknown_verb' }],
    ])
    expect(JSON.stringify(lines)).not.toContain('frobnicate')
  })

  test('ten refusals an hour of a stranger, and all of those who belong here', async () => {
    for (let turn = 0; turn < 13; turn++) await told(world, 'U0GUEST', `status zzzz22${22 + turn}`)
    for (let turn = 0; turn < 13; turn++) await told(world, 'U0SAM', `status zzzz22${22 + turn}`)
    const ofActor = async (name: string) => (await linesOf('command_refused')).filter(({ by }) => by?.endsWith(name))
    await eventually(async () => (await ofActor('U0SAM')).length === 13)
    expect(await ofActor('U0GUEST')).toHaveLength(10)
    expect(
      await withRedis(world, (redis) => redis.hget('{drawbridge}:audit:refusals', 'slack:T0SANDBOX/U0GUEST')),
    ).toBe('13')
  })

  test('a no to somebody who wanted to deny and got no form', async () => {
    const id = await ask(world, 'bad')
    const card = await cardOf(world, id)
    await world.slack.as('U0AUD').click({ message: card, actionId: 'deny' })
    await eventually(async () => (await linesOf('decision_refused', id)).length === 1)
    expect(saidIn(await linesOf('decision_refused', id))).toEqual([{ act: 'deny', code: 'not_approver' }])
    await deny(world, card, 'not now')
    await reply(world, id, 'was denied')
    const [asked] = saidIn(await linesOf('undo', id)).filter(({ what, state }) => what === 'cancel' && state === 'done')
    expect(asked.requestId).toMatch(/^[0-9a-f-]{36}$/)
  })

  test('every call with effect, with Azure’s own id of the request, the making of a database included', async () => {
    const id = await askImport(world, 'made', { options: '--create' })
    await approve(world, await cardOf(world, id))
    // Its connections are released at once: the yes covered them.
    await inStatus(world, id, 'succeeded')
    const effects = saidIn(await linesOf('effect', id))
    // A PUT may be sent again before the first one holds.
    expect(effects.map(({ slot, outcome }) => `${slot} ${outcome}`)).toEqual(
      expect.arrayContaining(['approve:sql taken', 'approve:storage taken', 'submit accepted']),
    )
    const sent = saidIn(await linesOf('creation_sent', id))
    expect(sent).toHaveLength(1)
    const taken = effects.filter(({ outcome }) => /taken|accepted/.test(outcome))
    for (const { requestId } of [...taken, ...sent]) expect(requestIds()).toContain(requestId)
  })

  test('the removal of connections that are left behind', async () => {
    const id = await ask(world, 'left')
    await approve(world, await cardOf(world, id))
    await eventually(async () => (await linesOf('left_over', id)).length === 1)
    const removals = saidIn(await linesOf('effect', id)).filter(({ slot }) => slot.startsWith('remove:'))
    expect(new Set(removals.map(({ slot, outcome }) => `${slot} ${outcome}`))).toEqual(
      new Set(['remove:sql taken', 'remove:storage taken']),
    )
    for (const { requestId } of removals) expect(requestIds()).toContain(requestId)
  })
})

describe('drawbridge audit', () => {
  test('verify vouches for what is sealed, finds a change, and says when it cannot look', async () => {
    await exported()
    await worker.term()
    worker = await world.start('worker')
    const good = await drawbridge(['audit', 'verify'])
    expect(good).toMatchObject({ code: 0, err: '' })
    expect(good.out).toMatch(/^\d+ entries, [1-9]\d* seals?\.\nVouched for: entries 1–\d+, from 20\d\d-\S+ \S+ UTC to /)
    expect(good.out).toContain('No problem was found.')

    const log = join(world.folder, 'log.jsonl')
    await writeFile(log, world.output())
    expect((await drawbridge(['audit', 'verify', '--seals', 'log.jsonl'])).code).toBe(0)

    const last = (await auditOf(world)).findLast(({ kind }) => kind === 'decided')
    const rewritten = { ...last, by: 'slack:T0SANDBOX/U0EVIL' }
    const all = await auditOf(world)
    await putAll(all.map((entry) => (entry.n === last?.n ? rewritten : entry)))
    const bad = await drawbridge(['audit', 'verify'])
    expect(bad.code).toBe(1)
    expect(bad.out).toContain(`  ${last?.n} (`)
    expect(bad.out).toContain('changed: does not say what was written')
    await putAll(all)

    expect(await drawbridge(['audit', 'verify'], { REDIS_URL: 'redis://127.0.0.1:1' })).toMatchObject({
      ...{ code: 2, out: '', err: 'Redis cannot be reached.\n' },
    })
    expect((await drawbridge(['audit', 'frobnicate'])).code).toBe(2)
    expect((await drawbridge(['audit', 'verify', '--help'])).code).toBe(0)
  })

  test('verify takes the public key alone, and cannot look without any', async () => {
    const elsewhere = join(world.folder, 'elsewhere')
    await mkdir(elsewhere)
    await writeFile(join(elsewhere, 'drawbridge.yaml'), await readFile(join(world.folder, 'drawbridge.yaml')))
    expect(await drawbridge(['audit', 'verify'], {}, elsewhere)).toMatchObject({ code: 2, out: '' })
    const pem = /"publicKey":("[^"]+")/.exec(world.output())?.[1] ?? '""'
    await writeFile(join(elsewhere, 'public.pem'), JSON.parse(pem))
    expect(await drawbridge(['audit', 'verify', '--key', 'public.pem'], {}, elsewhere)).toMatchObject({ code: 0 })
    const other = await drawbridge(['audit', 'verify'], { AUDIT_SIGNING_KEY: newPem() }, elsewhere)
    expect(other.code).toBe(1)
    expect(other.out).toContain('names a key that was not given')
  })

  test('export writes what fits as JSON or as CSV that no spreadsheet runs', async () => {
    const { out } = await drawbridge(['audit', 'export', '--since', '1h'])
    const lines = out.trimEnd().split('\n')
    const all = (await auditOf(world)).slice(0, lines.length)
    expect(
      lines
        .map((line) => JSON.parse(line))
        .map(({ time, event, ...entry }) => ({ ...entry, event: JSON.stringify(event) })),
    ).toEqual(all)
    expect((await drawbridge(['audit', 'export', '--until', '1h'])).out).toBe('')
    const id = all.find(({ kind }) => kind === 'decided')?.transfer ?? ''
    const file = join(world.folder, 'out.csv')
    const told = await drawbridge([
      'audit',
      'export',
      '--since',
      '2020-01-01',
      '--transfer',
      id,
      '--format',
      'csv',
      '--output',
      'out.csv',
    ])
    expect(told).toEqual({ code: 0, out: '', err: '' })
    const csv = await readFile(file, 'utf8')
    expect(csv.split('\n')[0]).toBe('n,time,kind,transfer,version,by,event,chain,digest,head')
    expect(csv).toContain('"{""at"":')
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect(await drawbridge(['audit', 'export', '--since', 'yesterday'])).toMatchObject({
      ...{ code: 2, err: expect.stringContaining('"yesterday" is no moment: write 30d') },
    })
  })

  test('evidence tells who asked, what was shown, who decided and what Azure did, and can be checked by itself', async () => {
    const id = (await linesOf('running')).at(-1)?.transfer ?? ''
    await worker.term()
    worker = await world.start('worker')
    const { code, out } = await drawbridge(['audit', 'evidence', id])
    expect(code).toBe(0)
    const pack = JSON.parse(out)
    const job = world.azure.state.operations.find((each) => each.id === pack.azure.operation.id)
    expect(pack).toMatchObject({
      transfer: id,
      asked: { by: 'slack:T0SANDBOX/U0DANA', operation: 'export', database: { database: job?.database } },
      shown: { rounds: [{ number: 1, material: { connections: [{ side: 'sql' }, { side: 'storage' }] } }] },
      decided: [{ by: 'slack:T0SANDBOX/U0SAM', verdict: 'approve', digest: pack.shown.rounds[0].digest }],
      azure: { connections: { sql: { privateEndpoint: expect.stringContaining('/privateEndpoints/') }, storage: {} } },
      result: { outcome: 'succeeded' },
      integrity: { chain: 'whole', endsInRecord: true, sealNamesHead: true, sealSignature: 'good' },
    })
    expect(pack.shown.rounds[0].checks.length).toBeGreaterThan(5)
    expect(pack.azure.calls.map(({ slot }: { slot: string }) => slot)).toEqual(
      expect.arrayContaining(['submit', 'approve:sql', 'approve:storage']),
    )
    // One that was never sent has none.
    const taken = pack.azure.calls.filter(({ outcome }: { outcome: string }) => /taken|accepted/.test(outcome))
    expect(taken.length).toBeGreaterThan(2)
    for (const { requestId } of taken) expect(requestIds()).toContain(requestId)
    const told = pack.messages.map(({ how, slot }: { how: string; slot: string }) => `${how} ${slot.split(':')[0]}`)
    expect(told).toEqual(expect.arrayContaining(['posted root', 'posted card', 'posted reply', 'edited card']))
    expect(await drawbridge(['audit', 'evidence', 'zzzz2222'])).toMatchObject({ code: 1, out: '' })
  })

  test('reads the embedded Redis too, whether anything runs or not', async () => {
    const folder = join(world.folder, 'alone')
    const home = join(folder, '.drawbridge')
    await mkdir(home, { recursive: true })
    await writeFile(join(folder, 'drawbridge.yaml'), await readFile(join(world.folder, 'drawbridge.yaml')))
    if (existsSync(join(repositoryFolder, 'redis'))) {
      await symlink(join(repositoryFolder, 'redis'), join(home, 'redis'))
    }
    const verify = () => drawbridge(['audit', 'verify'], { REDIS_URL: undefined }, folder)
    const nothing = await verify()
    expect(nothing).toMatchObject({ code: 2, out: '', err: expect.stringContaining('There is no audit') })

    const embedded = await startEmbeddedRedis({
      folder: home,
      searchPath: process.env.PATH ?? '',
      log: () => undefined,
    })
    const redis = new Redis({ path: embedded.path })
    const audit = createAuditLog({ redis, prefix: 'drawbridge' })
    const key = readSigningKey((await makeKeyFile(home)).pem)
    await audit.note([{ at: 1, kind: 'said', facts: {} }])
    const log = { info: () => undefined, warn: () => undefined, error: () => undefined }
    const limit = { most: 1, window: 1 }
    await createSealer({ audit, key, clock: Date, every: 1, limit, holder: 'one', log }).finish()
    const whileRunning = await verify()
    expect(await redis.ping()).toBe('PONG')
    redis.disconnect()
    await embedded.release()
    for (const { code, out } of [whileRunning, await verify()]) {
      expect({ code, out }).toMatchObject({ code: 0, out: expect.stringContaining('2 entries, 1 seal.') })
    }
  })
})

test('no secret is in the audit, nor the key that it is signed with in Redis', async () => {
  const all = JSON.stringify(await auditOf(world))
  for (const secret of secretsOf(world)) expect(all).not.toContain(secret)
  const pem = await readFile(join(world.folder, '.drawbridge/audit-signing-key.pem'), 'utf8')
  const [, body = ''] = pem.split('\n')
  expect(body.length).toBeGreaterThan(40)
  for (const text of [await world.redis.aofContents(), world.output()]) expect(text).not.toContain(body)
})
