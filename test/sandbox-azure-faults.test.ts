import { afterEach, beforeEach, expect, test } from 'vitest'
import { type AzureSandbox, faultCatalogue, startAzureSandbox } from '../sandbox/azure/index.ts'
import {
  account,
  approveBoth,
  ask,
  callsGoTo,
  definition,
  job,
  mine,
  orders,
  result,
  server,
  verdict,
} from './support/azure-caller.ts'
import { errorCatalog } from './support/azure-spec-schemas.ts'

const quick = { firstConnectionMs: 0, secondConnectionMs: 0, startMs: 0, jobMs: 0, approveMs: 0, cancelMs: 0 }

let sandbox: AzureSandbox

beforeEach(async () => {
  sandbox = callsGoTo(await startAzureSandbox({ timings: quick, options: { retryAfter: 0 } }))
})

afterEach(() => sandbox.close())

test('words every refusal of the specification as the specification does', () => {
  const published = Object.values(errorCatalog).flat()
  for (const { code, status, message, names } of faultCatalogue) {
    const same = published.filter((each) => each.code === code && Number(each.status) === status)
    if (same.length === 0 || names.includes('job') || code === 'ResourceNotFound') continue
    if (code === 'MissingImportExportInputParameters' || message.startsWith('The private endpoint connection')) continue
    expect(same.map((each) => each.message)).toContain(message)
  }
})

test.each(faultCatalogue.filter((each) => !each.names.includes('job')))(
  'answers $key when it is armed',
  async (entry) => {
    sandbox.arm({ name: 'any', code: entry.key })
    const { status, code, headers } = await ask('POST', `${orders}/export`, definition())
    expect({ status, code }).toEqual({ status: entry.status, code: entry.code })
    expect(headers.get('x-ms-request-id')).not.toBeNull()
    for (const [name, value] of Object.entries(entry.headers)) expect(headers.get(name)).toBe(value)
    expect(sandbox.state.operations).toEqual([])
    expect((await ask('POST', `${orders}/export`, definition())).status).toBe(202)
  },
)

test.each(faultCatalogue.filter((each) => each.names.includes('job')))(
  'ends a job with $key',
  async ({ key, code }) => {
    sandbox.arm({ name: 'job', code: key })
    await ask('POST', `${orders}/export`, definition())
    await approveBoth()
    await expect
      .poll(async () => (await verdict()).body.status, { interval: 2, timeout: 10_000 })
      .not.toBe('InProgress')
    expect((await result()).code).toBe(code)
    expect((await verdict()).body.error).toMatchObject({ code })
    expect(sandbox.state.blobs).toEqual([])
  },
)

test('starts the job and answers 504, or cuts the connection, when the submit is to be ambiguous', async () => {
  sandbox.arm({ name: 'export', action: { kind: 'accept-then-status', status: 504, text: '' } })
  expect((await ask('POST', `${orders}/export`, definition())).status).toBe(504)
  expect(sandbox.state.operations).toHaveLength(1)
  sandbox.arm({ name: 'export', action: { kind: 'accept-then-reset' } })
  const customers = `${server}/databases/customers/export`
  await expect(ask('POST', customers, definition())).rejects.toThrow('fetch failed')
  expect(sandbox.state.operations).toHaveLength(2)
})

test('cuts the connection before the work', async () => {
  sandbox.arm({ match: { method: 'POST', path: /\/export$/ }, action: { kind: 'reset' } })
  await expect(ask('POST', `${orders}/export`, definition())).rejects.toThrow('fetch failed')
  expect(sandbox.state.operations).toEqual([])
  expect(sandbox.state.requests).toMatchObject([{ name: 'export', status: 0, fault: 'reset' }])
})

test('never answers, until the caller gives up', async () => {
  sandbox.arm({ name: 'server', action: { kind: 'hang' } })
  const caller = new AbortController()
  const headers = { authorization: `Bearer ${sandbox.token}` }
  const asked = fetch(`${sandbox.url}${server}?api-version=2025-01-01`, { signal: caller.signal, headers })
  const gaveUp = expect(asked).rejects.toThrow('aborted')
  await expect.poll(() => sandbox.state.requests.length, { interval: 2, timeout: 10_000 }).toBe(1)
  caller.abort()
  await gaveUp
  sandbox.arm({ name: 'server', action: { kind: 'hang', ms: 1 } })
  expect((await ask('GET', server)).status).toBe(200)
})

test('answers with HTML, with half of the JSON, and with a redirect', async () => {
  sandbox.arm({ name: 'server', action: { kind: 'html' } }, { name: 'server', action: { kind: 'truncate' } })
  await expect(ask('GET', server)).rejects.toThrow(/JSON/)
  await expect(ask('GET', server)).rejects.toThrow(/JSON/)
  expect(sandbox.state.requests.map((each) => each.status)).toEqual([502, 200])
  sandbox.arm({ name: 'server', action: { kind: 'redirect', url: `${sandbox.regionalUrl}/elsewhere` } })
  const headers = { authorization: `Bearer ${sandbox.token}` }
  const answer = await fetch(`${sandbox.url}${server}?api-version=2025-01-01`, { redirect: 'manual', headers })
  expect({ status: answer.status, to: answer.headers.get('location') }).toEqual({
    status: 307,
    to: `${sandbox.regionalUrl}/elsewhere`,
  })
})

test('points the operation addresses to a hostile host, or leaves headers away', async () => {
  sandbox.arm({
    name: 'export',
    action: { kind: 'rewrite', host: 'https://evil.example', headers: { 'retry-after': null } },
  })
  const { headers } = await ask('POST', `${orders}/export`, definition())
  expect(headers.get('location')).toMatch(/^https:\/\/evil\.example\/subscriptions\/.*api-version=/)
  expect(headers.get('azure-asyncoperation')).toMatch(/^https:\/\/evil\.example\//)
  expect(headers.get('retry-after')).toBeNull()
})

test('acts on the wanted requests only, after letting some pass', async () => {
  sandbox.arm({ name: 'listKeys', code: 'ListKeysLocked', skip: 1, times: 2 })
  const statuses: number[] = []
  for (let count = 0; count < 4; count++) statuses.push((await ask('POST', `${account}/listKeys`)).status)
  expect(statuses).toEqual([200, 409, 409, 200])
})

test('calls hooks before and after the work, and cuts the connection when one says so', async () => {
  const seen: unknown[] = []
  const remove = sandbox.onRequest(async ({ when, name, status, body }) => {
    seen.push([when, name, status, sandbox.state.operations.length])
    expect(JSON.stringify(body)).not.toContain('Passw0rd')
    return when === 'after' ? 'drop' : undefined
  })
  await expect(ask('POST', `${orders}/export`, definition())).rejects.toThrow('fetch failed')
  expect(seen).toEqual([
    ['before', 'export', 0, 0],
    ['after', 'export', 202, 1],
  ])
  remove()
  expect((await ask('GET', server)).status).toBe(200)
})

test('gives a Retry-After in seconds, as a date, or none', async () => {
  const after = async (retryAfter: number | 'http-date' | 'absent') => {
    sandbox.reset()
    sandbox.setOptions({ retryAfter })
    return (await ask('POST', `${orders}/export`, definition())).headers.get('retry-after')
  }
  expect(await after(1)).toBe('1')
  expect(await after('absent')).toBeNull()
  expect(Date.parse(String(await after('http-date')))).toBeGreaterThan(Date.now() - 1000)
})

test('throttles when its budget is spent and limits are enforced', async () => {
  sandbox.setOptions({ enforceRateLimits: true })
  const statuses: number[] = []
  for (let count = 0; count < 12; count++) {
    const answers = await Promise.all(Array.from({ length: 30 }, () => ask('POST', `${account}/listKeys`)))
    statuses.push(...answers.map((each) => each.status))
  }
  expect(new Set(statuses)).toEqual(new Set([200, 429]))
})

test('is steered over HTTP as well', async () => {
  await control('POST', 'timings', { jobMs: 3_600_000 })
  await control('POST', 'options', { freezeAt: 35, connectionsAfterJob: 'disconnect' })
  await control('POST', 'faults', [{ name: 'server', code: 'AuthorizationFailed' }])
  expect((await ask('GET', server)).status).toBe(403)
  await ask('POST', `${orders}/export`, definition())
  for (const { id } of mine()) await control('POST', 'connections', { action: 'approve', id })
  await control('POST', 'clock', { passMs: 30 * 3_600_000 })
  const state = (await control('GET', 'state')) as { operations: { progress: number }[]; connections: unknown[] }
  expect(state.operations[0]?.progress).toBe(35)
  await control('POST', 'operations', { action: 'fail', id: job().id, reason: 'The worker was lost.' })
  expect(JSON.stringify((await verdict()).body)).toContain('The worker was lost.')
  await control('POST', 'clock', { passMs: 60_000 })
  expect(mine().map((each) => each.status)).toEqual(['Disconnected', 'Disconnected'])
  await control('POST', 'connections', { action: 'add', side: 'storage', parent: 'stbackups' })
  expect(sandbox.state.connections).toHaveLength(5)
  expect(await control('POST', 'timings', { nonsense: 1 })).toMatchObject({ error: { code: 'BadControlRequest' } })
  await control('POST', 'reset')
  expect(sandbox.state).toMatchObject({ operations: [], requests: [], connections: [{}, {}] })
})

async function control(method: string, what: string, body?: unknown): Promise<unknown> {
  const init = body === undefined ? { method } : { method, body: JSON.stringify(body) }
  return (await fetch(`${sandbox.url}/__control/${what}`, init)).json()
}
