import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { FaultAction, RequestRecord } from '../sandbox/azure/index.ts'
import { checkExchange } from './support/azure-spec.ts'
import { armFor, casesWorld } from './support/cases.ts'
import { foreignExport, secretsOf } from './support/e2e.ts'
import { ask, eventually, inStatus, recordOf, reply, withRedis } from './support/story.ts'
import { messagesOf, startWorld, textOf, type World } from './support/world.ts'

/** The HTTP timeout of the world, in milliseconds: until then the first request may be under way. */
const requestTimeout = 2_000

/** Azure's code; what the thread says it is; what is to be done. */
const refusals: Readonly<Record<string, readonly [code: string, is: string, next: string]>> = {
  locked: ['InvalidImportExportOperationResourceLocks', 'A lock on the server', 'Have the lock removed'],
  'blob-there': ['BlobAlreadyExist', 'A blob of this name is already there', 'Ask again'],
  'bad-key': ['InvalidImportExportStorageCredentials', 'did not take the key', 'Check that key access is allowed'],
  'key-form': ['InvalidImportExportStorageKeyFormat', 'form of the storage credential', 'Check the credential'],
  'key-kind': ['InvalidImportExportStorageAuthType', 'kind of the storage credential', 'Check the credential'],
  'bad-uri': ['InvalidImportExportStorageURI', 'did not accept the blob’s address', 'Name another container or blob'],
  'long-uri': ['LongImportExportStorageUri', 'longer than Azure takes', 'Use a shorter container'],
  'too-large': ['LargeExportDatabaseSize', 'too large for Azure’s export service', 'Export it with SqlPackage'],
  edition: ['UnSupportedImportExportEdition', 'does not work with databases of this edition', 'SqlPackage'],
  'sql-kind': ['InvalidSqlAuthType', 'kind of the SQL login', 'Check the server’s login'],
  outbound: ['BlockedByOutboundFirewall', 'its outbound rules forbid it', 'Add the account’s host name'],
  reserved: ['CannotUseReservedDatabaseName', 'a database of the system', 'Name another one'],
  'no-database': ['DatabaseDoesNotExist', 'no such database any more', 'Check whether it was renamed'],
  'no-group': ['ServerNotInSubscriptionResourceGroup', 'not in this resource group', 'correct the catalogue'],
  'no-server': ['ServerNotInSubscription', 'not in this subscription', 'correct the catalogue'],
  'not-found': ['ResourceNotFound', 'does not find the server', 'Check the catalogue'],
  'no-feature': ['PrivateLinkNotAvailable', 'import and export over Private Link', '--no-private-link'],
  'no-right': ['AuthorizationFailed', 'may not do `Microsoft.Sql/servers/databases/export/action`', 'Give it a role'],
  'scope-lock': ['ScopeLocked', 'A lock forbids the change', 'Have the lock'],
  forbidden: ['RequestDisallowedByPolicy', 'A policy of the subscription forbids this', 'Ask its owner'],
  'no-sub': ['SubscriptionNotFound', 'does not find the subscription', 'correct the catalogue'],
  'sub-off': ['SubscriptionDisabled', 'The subscription is disabled', 'Have it enabled'],
}

const inProgress = { error: { code: 'ImportExportOperationInProgress', message: 'There is an operation in progress.' } }

/** Submits of which Azure started a job although it did not say so. */
const started: Readonly<Record<string, FaultAction>> = {
  's-error': { kind: 'accept-then-status', status: 500, text: '' },
  's-gateway': { kind: 'accept-then-status', status: 504, text: '<html>Gateway Timeout</html>' },
  's-conflict': { kind: 'accept-then-status', status: 409, body: inProgress },
  's-reset': { kind: 'accept-then-reset' },
  's-silent': { kind: 'accept-then-hang' },
  's-html': { kind: 'rewrite', status: 202, headers: { location: null, 'azure-asyncoperation': null } },
}

/** Submits that may have started a job, as far as the answer tells, and did not. */
const lost: Readonly<Record<string, FaultAction | string>> = {
  'l-error': 'InternalServerError',
  'l-gateway': 'GatewayTimeout',
  'l-throttled': 'SubscriptionTooManyCreateUpdateRequests',
  'l-busy': 'TooManyRequests',
  'l-reset': { kind: 'reset' },
  'l-silent': { kind: 'hang' },
  'l-html': { kind: 'html' },
}

let world: World
const ids: Record<string, string> = {}
beforeAll(async () => {
  const names = [...Object.keys({ ...refusals, ...started, ...lost }), 'taken', 'slipped', 'raced', 'stubborn']
  const cases = casesWorld(Object.fromEntries(names.map((name) => [name, {}])), {
    azure: { requestCap: 50_000 },
    slack: { rateLimits: 'off' },
    // A person is not waited for here.
    config: (file) => Object.assign(file.polls, { approval: '5s' }),
  })
  world = await startWorld(cases)
  await Promise.all([world.start('bot'), world.start('worker')])
  for (const [name, [code]] of Object.entries(refusals)) armFor(world, name, { name: 'export', code })
  for (const [name, fault] of Object.entries({ ...started, ...lost })) {
    armFor(world, name, {
      name: 'export',
      times: 1,
      ...(typeof fault === 'string' ? { code: fault } : { action: fault }),
    })
  }
  armFor(world, 'stubborn', { name: 'export', code: 'InternalServerError' })
  await foreignExport(world, 'taken')
  const caught = world.azure.onRequest(async ({ when, name, path }) => {
    if (when === 'before' || name !== 'operations' || !path.includes('/sql-slipped/')) return undefined
    caught()
    await foreignExport(world, 'slipped')
    return undefined
  })
  const stop = world.azure.onRequest(async ({ when, name, path }) => {
    if (when === 'after' || name !== 'export' || !path.includes('/sql-raced/')) return undefined
    stop()
    await foreignExport(world, 'raced')
    return undefined
  })
  const asked = await Promise.all(names.map(async (name) => [name, await ask(world, name)] as const))
  Object.assign(ids, Object.fromEntries(asked))
})
afterAll(() => world.close())

describe('a submit that Azure refuses', () => {
  test.each(Object.entries(refusals))('ends as failed and says what to do: %s', async (name, [, is, next]) => {
    const id = idOf(name)
    const { transfer } = await inStatus(world, id, 'failed')
    expect(transfer.ending).toMatchObject({ outcome: 'failed', nothingSent: true, leftOver: [] })
    expect(posts(name)).toHaveLength(1)
    const last = textOf(await reply(world, id, 'has failed'))
    for (const said of [is, next, '<@U0DANA>', 'Nothing was started in Azure']) expect(last).toContain(said)
    await eventually(() => textOf(messagesOf(world.slack, id, 'root')[0]).includes(is))
    expect(await guardOf(name)).toBeNull()
  })

  test('leaves the database free for the next request', async () => {
    const id = await ask(world, 'locked')
    expect(id).not.toBe(idOf('locked'))
    await inStatus(world, id, 'failed')
  })
})

describe('a submit whose answer does not tell', () => {
  test.each(Object.keys(started))('is found by looking, and is not sent again: %s', async (name) => {
    const { transfer } = await inStatus(world, idOf(name), 'awaiting_approval')
    expect(transfer.operation).toMatchObject({ id: jobs(name)[0]?.id, adopted: true })
    expect(posts(name)).toHaveLength(1)
    await reply(world, idOf(name), 'did not confirm the job, but it is there')
  })

  test.each(Object.keys(lost))('is sent again only when it surely started nothing: %s', async (name) => {
    const { transfer } = await inStatus(world, idOf(name), 'awaiting_approval')
    expect(transfer.operation?.adopted).toBe(false)
    expect(jobs(name)).toHaveLength(1)
    const [first, second, ...more] = posts(name)
    expect(more).toEqual([])
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThan(requestTimeout)
    const looks = world.azure.state.requests.filter((each) => each.name === 'operations' && isOf(name, each))
    expect(looks.some(({ at, status }) => status === 200 && at > (first?.at ?? 0) && at < (second?.at ?? 0))).toBe(true)
    // After a timeout there is hardly a moment in which nobody knows.
    if (name !== 'l-silent') await reply(world, idOf(name), 'sends nothing again before it knows')
  })

  test('is given up after three times, with nothing started', async () => {
    const { transfer } = await inStatus(world, idOf('stubborn'), 'failed')
    expect(transfer.ending?.fault?.code).toBe('InternalServerError')
    expect(posts('stubborn')).toHaveLength(3)
    expect(jobs('stubborn')).toEqual([])
    const last = textOf(await reply(world, idOf('stubborn'), 'has failed'))
    expect(last).toContain('Azure’s support')
    expect(last).toContain('Nothing was started in Azure')
    expect(await guardOf('stubborn')).toBeNull()
  })
})

describe('somebody else’s job on the database', () => {
  test('is seen by the checks, before anything is sent', async () => {
    await inStatus(world, idOf('taken'), 'refused')
    expect(posts('taken').filter(isOurs)).toEqual([])
    const last = textOf(await reply(world, idOf('taken'), 'was refused'))
    expect(last).toMatch(/Other jobs: .*export.* runs on this database \(`[0-9a-f-]{36}`\)/i)
    expect(last).toContain('Wait until it has ended')
    expect(last).toContain('Nothing was sent to Azure.')
    expect(await guardOf('taken')).toBeNull()
  })

  test('that begins after the checks is seen by the look before the submit', async () => {
    await inStatus(world, idOf('slipped'), 'refused')
    expect(posts('slipped').filter(isOurs)).toEqual([])
    const last = textOf(await reply(world, idOf('slipped'), 'was refused'))
    expect(last).toContain('Another import or export runs on this database')
    expect(last).toContain('Wait until it has ended')
    expect(await guardOf('slipped')).toBeNull()
  })

  test('that comes between the look and the submit is not taken for ours', async () => {
    const { transfer } = await inStatus(world, idOf('raced'), 'failed')
    expect(transfer.operation).toBeUndefined()
    expect(posts('raced').filter(isOurs)).toHaveLength(1)
    const last = textOf(await reply(world, idOf('raced'), 'has failed'))
    expect(last).toContain('Wait until it has ended')
    expect(await guardOf('raced')).toBeNull()
  })
})

test('no database ever has more than one job of ours', async () => {
  const ours = world.azure.state.operations.filter(({ blob }) => !blob.startsWith('foreign'))
  expect(new Set(ours.map(({ database }) => database)).size).toBe(ours.length)
})

test('no secret is in any message, output or stored byte', async () => {
  const places = {
    messages: JSON.stringify([world.slack.state.messages, world.slack.state.ephemerals]),
    output: world.output(),
    redis: await world.redis.aofContents(),
  }
  for (const [place, text] of Object.entries(places)) {
    expect(
      secretsOf(world).filter((secret) => text.includes(secret)),
      place,
    ).toEqual([])
  }
})

test('every request and every answer is as the specification has it', () => {
  expect(world.azure.state.requests.flatMap(checkExchange)).toEqual([])
})

function idOf(name: string): string {
  return ids[name] ?? ''
}

function posts(name: string): readonly RequestRecord[] {
  return world.azure.state.requests.filter((each) => each.name === 'export' && isOf(name, each))
}

function isOf(name: string, { path }: RequestRecord): boolean {
  return path.includes(`/sql-${name}/`)
}

function isOurs({ requestBody }: RequestRecord): boolean {
  return !JSON.stringify(requestBody).includes('/foreign')
}

function jobs(name: string) {
  return world.azure.state.operations.filter(({ server }) => server === `sql-${name}`)
}

async function guardOf(name: string): Promise<string | null> {
  const { transfer } = (await recordOf(world, idOf(name))) ?? {}
  return withRedis(world, (redis) => redis.get(`{drawbridge}:guard:${transfer?.request.database.id.toLowerCase()}`))
}
