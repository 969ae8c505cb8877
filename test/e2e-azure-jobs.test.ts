import { createServer, type Server } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { FaultInput } from '../sandbox/azure/index.ts'
import { checkExchange } from './support/azure-spec.ts'
import { armFor, casesWorld } from './support/cases.ts'
import { blobsOf, listen, secretsOf } from './support/e2e.ts'
import { approve, ask, cardOf, eventually, inStatus, jobOf, recordOf, reply, thread } from './support/story.ts'
import { messagesOf, startWorld, textOf, type World } from './support/world.ts'

/** Why Azure ends a job: what the thread says it is, and what is to be done. */
const failures: Readonly<Record<string, readonly [code: string, is: string, next: string]>> = {
  'f-storage': ['StorageUnreachable', 'could not reach the storage account', 'Check that both connections stayed'],
  'f-origin': ['OriginXmlMissing', 'not a complete BACPAC', 'ask again'],
  'f-reference': ['UnresolvedReference', 'refers to objects that are not in it', 'Remove these references'],
  'f-disk': ['DiskFull', 'ran out of disk', 'Use SqlPackage'],
  'f-login': ['LoginFailed', 'The SQL login was refused', 'Check the server’s login and password'],
  'f-interrupted': ['OperationInterrupted', 'Azure interrupted the job', 'Ask again'],
  'f-timeout': ['OperationTimedOut', 'it took too long', 'Ask again'],
}

/** What goes wrong while a job is read, and is no news of the job itself. */
const troubles: Readonly<Record<string, readonly FaultInput[]>> = {
  't-throttled': both({ code: 'SubscriptionTooManyRequests', times: 2, headers: { 'Retry-After': '1' } }),
  't-errors': both({ code: 'OperationTimedOut', times: 2 }),
  't-html': both({ action: { kind: 'html' }, times: 2 }),
  't-page': both({ action: { kind: 'html', status: 200 }, times: 2 }),
  't-cut': both({ action: { kind: 'truncate' }, times: 2 }),
  't-reset': both({ action: { kind: 'reset' }, times: 2 }),
  't-silent': [{ name: 'result', action: { kind: 'hang' }, times: 1 }],
  't-denied': both({ code: 'InvalidAuthenticationToken', times: 2 }),
  't-queued': [
    { name: 'async', times: 6, action: { kind: 'rewrite', body: { name: 'x', status: 'Queued' } } },
    { name: 'result', times: 6, action: { kind: 'rewrite', body: { properties: { status: 'Queued' } } } },
  ],
  't-unknown': both({ code: 'ImportExportOperationIdNotFound', times: 2 }),
}

/** Accepted submits whose headers are not what one expects. */
const headers: Readonly<Record<string, Readonly<Record<string, string | null>>>> = {
  'h-location-only': { 'azure-asyncoperation': null },
  'h-no-retry-after': { 'retry-after': null },
  'h-date': { 'retry-after': new Date(Date.now() + 3_000).toUTCString() },
}

let world: World
let stranger: Server
const heard: string[] = []
const ids: Record<string, string> = {}
beforeAll(async () => {
  stranger = createServer((request, response) => {
    heard.push(`${request.method} ${request.url} ${request.headers.authorization ?? 'without a token'}`)
    response.end('{}')
  })
  const foreign = `http://127.0.0.1:${await listen(stranger)}`
  const more = ['hostile', 'hostile-status', 'redirected', 'entra-only', 'bare', 'portal', 'forgotten', 'no-result']
  const names = [...Object.keys({ ...failures, ...troubles, ...headers }), ...more]
  const cases = casesWorld(Object.fromEntries(names.map((name) => [name, {}])), {
    azure: { requestCap: 50_000, timings: { jobMs: 1_500 } },
    slack: { rateLimits: 'off' },
    // A person is not waited for here.
    config: (file) => Object.assign(file.polls, { approval: '5s' }),
  })
  world = await startWorld(cases)
  await Promise.all([world.start('bot'), world.start('worker')])
  arm(foreign)
  const asked = await Promise.all(names.map(async (name) => [name, await ask(world, name)] as const))
  Object.assign(ids, Object.fromEntries(asked))
  await Promise.all(names.map(release))
})
afterAll(async () => {
  await world.close()
  stranger.close()
})

describe('a job that Azure ends', () => {
  const all = { ...failures, 'entra-only': ['', 'takes Entra logins only', 'Configure another credential'] } as const
  test.each(Object.entries(all))('is told as what it is, with the next act: %s', async (name, [, is, next]) => {
    const { transfer } = await inStatus(world, idOf(name), 'failed')
    expect(transfer.ending).toMatchObject({ outcome: 'failed', cause: 'azure', nothingSent: false })
    const last = textOf(await reply(world, idOf(name), 'has failed'))
    for (const said of [is, next, '<@U0DANA>']) expect(last).toContain(said)
    expect(blobsOf(world, name)).toEqual([])
  })

  test('is told from its status when the result says only that it failed', async () => {
    await inStatus(world, idOf('bare'), 'failed')
    expect(textOf(await reply(world, idOf('bare'), 'has failed'))).toContain('ran out of disk')
  })

  test('is cancelled, not failed, when somebody cancelled it in the portal', async () => {
    const { transfer } = await inStatus(world, idOf('portal'), 'cancelled')
    expect(transfer.ending?.cause).toBe('azure')
    const last = textOf(await reply(world, idOf('portal'), 'was cancelled'))
    expect(last).toContain('cancelled in Azure, not through Drawbridge')
    expect(last).toContain('ask again: `/export portal to portal`')
  })

  test('is given up when Azure has long forgotten it, and nothing of ours runs', async () => {
    const { transfer } = await inStatus(world, idOf('forgotten'), 'failed')
    expect(transfer.ending?.fault?.code).toBe('ImportExportOperationIdNotFound')
    const last = textOf(await reply(world, idOf('forgotten'), 'has failed'))
    expect(last).toContain('does not know the operation any more')
    expect(last).toContain('import/export history')
  })
})

describe('a job that cannot be read for a while', () => {
  test.each(Object.keys(troubles))('goes on to its end: %s', async (name) => {
    expect(await finished(name)).toMatch(/has finished/)
    expect(thread(world, idOf(name)).join('\n')).not.toMatch(/⚠️|❌/)
  })

  test('has finished when its status says so and its result is gone', async () => {
    expect(await finished('no-result')).toMatch(/has finished/)
  })
})

describe('an accepted submit', () => {
  test.each(Object.keys(headers))('is followed whatever its headers lack: %s', async (name) => {
    expect(await finished(name)).toMatch(/has finished/)
    expect(thread(world, idOf(name))[0]).toContain('Azure has taken the job')
  })

  test('is followed on the regional host that Azure names', () => {
    const { host } = new URL(world.azure.regionalUrl)
    const polls = world.azure.state.requests.filter(({ name, path }) => name === 'result' && path.includes('-h-date'))
    expect(polls.filter(({ requestHeaders }) => requestHeaders.host !== host)).toEqual([])
  })

  test('that names another host is found by looking, and the other host is never called', async () => {
    expect(await finished('hostile')).toMatch(/has finished/)
    expect(thread(world, idOf('hostile'))[0]).toContain('it is there')
    for (const name of ['hostile-status', 'redirected']) expect(await finished(name)).toMatch(/has finished/)
    expect(heard).toEqual([])
  })
})

test('each transfer was submitted once, and no foreign connection was touched', () => {
  const posts = world.azure.state.requests.filter(({ name }) => name === 'export')
  expect(posts).toHaveLength(Object.keys(ids).length)
  const foreign = world.azure.state.connections.filter(({ operationId }) => operationId === null)
  expect(foreign.map(({ status }) => status)).toEqual(['Pending', 'Pending'])
})

test('no secret is in any message or output', () => {
  const said = JSON.stringify([world.slack.state.messages, world.slack.state.ephemerals]) + world.output()
  expect(secretsOf(world).filter((secret) => said.includes(secret))).toEqual([])
})

test('every request and every answer is as the specification has it', () => {
  expect(world.azure.state.requests.flatMap(checkExchange)).toEqual([])
})

function both(fault: FaultInput): readonly FaultInput[] {
  return [
    { ...fault, name: 'result' },
    { ...fault, name: 'async', times: 1 },
  ]
}

function arm(foreign: string): void {
  const { azure } = world
  for (const [name, [code]] of Object.entries(failures)) armFor(world, name, { name: 'job', code })
  for (const [name, change] of Object.entries(headers)) {
    armFor(world, name, { name: 'export', action: { kind: 'rewrite', headers: change } })
  }
  armFor(world, 'bare', { name: 'job', code: 'DiskFull' })
  armFor(world, 'portal', { name: 'job', code: 'OperationCancelled' })
  armFor(world, 'hostile', { name: 'export', action: { kind: 'rewrite', host: foreign } })
  const status = { 'azure-asyncoperation': `${foreign}/subscriptions/x` }
  armFor(world, 'hostile-status', { name: 'export', action: { kind: 'rewrite', headers: status } })
  armFor(world, 'redirected', { name: 'result', times: 1, action: { kind: 'redirect', url: foreign } })
  const server = azure.state.servers.find(({ name }) => name === 'sql-entra-only')
  if (server) server.azureADOnlyAuthentication = true
}

/** Has the transfer approved, and the trouble of its case begin once Azure copies. */
async function release(name: string): Promise<void> {
  const id = idOf(name)
  await approve(world, await cardOf(world, id))
  // A job that fails at once may never be seen running.
  await eventually(async () => !/approv/.test((await recordOf(world, id))?.transfer.status ?? 'approving'))
  for (const fault of troubles[name] ?? []) armFor(world, name, fault)
  const job = await jobOf(world, name)
  const { operations } = world.azure.state
  if (name === 'bare') armFor(world, name, { name: 'result', action: { kind: 'status', status: 400, text: '' } })
  if (name === 'no-result') armFor(world, name, { name: 'result', code: 'ImportExportOperationIdNotFound' })
  if (name === 'forgotten') operations.splice(operations.indexOf(job), 1)
}

async function finished(name: string): Promise<string> {
  await inStatus(world, idOf(name), 'succeeded')
  const [blob] = blobsOf(world, name)
  const last = await reply(world, idOf(name), /has (finished|failed)/)
  expect(textOf(last)).toContain(`https://${blob?.account}.blob.core.windows.net/${blob?.container}/${blob?.name}`)
  expect(last.threadTs).toBe(messagesOf(world.slack, idOf(name), 'root')[0]?.ts)
  return last.text
}

function idOf(name: string): string {
  return ids[name] ?? ''
}
