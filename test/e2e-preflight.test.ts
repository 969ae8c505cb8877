import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { SlackMessage } from '../sandbox/slack/index.ts'
import { checkExchange } from './support/azure-spec.ts'
import { armFor, casesWorld, partsOf, requestsOf } from './support/cases.ts'
import { blobsOf } from './support/e2e.ts'
import { askImport, packed, packedIn, removed, sentFor } from './support/imports.ts'
import {
  approve,
  ask,
  cardOf,
  eventually,
  hasButtons,
  inStatus,
  jobOf,
  recordOf,
  replies,
  reply,
  statesOf,
  thread,
  told,
} from './support/story.ts'
import { idIn, messagesOf, startWorld, textOf, type World } from './support/world.ts'

// Each test is a whole story, and several processes tell it.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 })

const gigabyte = 1024 ** 3
const first = { gate: 'submission' } as const

/** What stands in the way: how it comes to be, what the thread says of it and what is to be done. */
const stops: Readonly<Record<string, readonly [make: (name: string) => void, is: string, next: string]>> = {
  // The limitations of import and export over private link that nothing but another place gets around.
  'l-clouds': [
    (name) => Object.assign(partsOf(world, name).account, { blobSuffix: 'blob.core.usgovcloudapi.net' }),
    'are in different Azure clouds, between which the service does not transfer',
    'Name storage in the same cloud.',
  ],
  'l-instance': [
    (name) => Object.assign(partsOf(world, name).server, { dnsSuffix: 'a1b2c3.database.windows.net' }),
    '`sql-l-instance` is a managed instance, for which Azure has no import or export service',
    'Use SqlPackage, or its own backup to a URL.',
  ],
  'l-lock-sql': [
    (name) => locked(name, 'database'),
    'keep (CanNotDelete) on the database l-lock-sql. Azure cannot make or remove its private endpoints under a lock',
    'Have it removed for the time of the job, then ask again.',
  ],
  'l-lock-storage': [
    (name) => locked(name, 'account'),
    'keep (CanNotDelete) on the storage account',
    'Have it removed for the time of the job, then ask again.',
  ],
  's-entra': [
    (name) => Object.assign(partsOf(world, name).server, { azureADOnlyAuthentication: true }),
    'SQL login: `sql-s-entra` takes Entra sign-ins alone',
    'or have SQL logins allowed.',
  ],
  's-keys': [
    (name) => Object.assign(partsOf(world, name).account, { allowSharedKeyAccess: false }),
    'allows no keys',
    'Have key access allowed on it for the time of the job',
  ],
  's-outbound': [
    (name) => Object.assign(partsOf(world, name).server, { restrictOutboundNetworkAccess: 'Enabled' }),
    'its outbound rules forbid it',
    'Add that host to the server’s outbound firewall rules',
  ],
}

const plain = ['dry', 'large', 'blind', 'manual', 'again', 'grows', 'locked-later']
const created = ['dry-new', 'redundant', 'existing']

let world: World
beforeAll(async () => {
  const rules = Object.fromEntries([...Object.keys(stops), ...plain, ...created].map((name) => [name, {}]))
  const azure = { requestCap: 50_000, timings: { createMs: 300 } }
  const more = {
    again: { requesters: ['U0DANA'] },
    'grows-first': first,
    'lock-first': first,
    lost: first,
    deaf: { ...first, expiry: '12s' },
  }
  world = await startWorld(casesWorld({ ...rules, ...more }, { azure, slack: { rateLimits: 'off' } }))
  for (const name of created) {
    packedIn(world, name, partsOf(world, name).account.name)
    removed(world, name)
  }
  for (const [name, [make]] of Object.entries(stops)) make(name)
  await world.start('all')
})
afterAll(() => world.close())

describe('a dry run', () => {
  test('answers who would be asked, and tells plan and checks without sending anything', async () => {
    const { ack } = await world.slack.as('U0DANA').command('/export', 'dry to dry --dry-run', { channel: 'C0DATA' })
    for (const said of [
      'Dry run `',
      'export of dry to dry',
      'Nothing is sent and nobody is asked.',
      'Rule `dry` matches; 1 of <!subteam^S0DBA> would be asked in <#C0DBA> (1 approval needed).',
    ]) {
      expect(ack.text).toContain(said)
    }
    const id = idIn(ack.text.replace('Dry run', ''))
    await inStatus(world, id, 'checked')
    const last = textOf(await reply(world, id, 'was only checked'))
    for (const said of ['checks passed: database, edition, size', 'Nothing was sent to Azure.', 'rule `dry` counts']) {
      expect(last).toContain(said)
    }
    const root = await eventually(() => {
      const text = textOf(messagesOf(world.slack, id, 'root')[0])
      return text.includes('Checked, nothing was sent') && text
    })
    expect(root).toContain('Standard, S3, up to 250 GB, westeurope')
    expect(sentFor(world, 'dry')).toEqual([])
    expect(messagesOf(world.slack, id).filter(({ channel }) => channel === 'C0DBA')).toEqual([])
    expect(thread(world, id)).toHaveLength(1)
  })

  test('of an import that makes its database makes none', async () => {
    const id = await askImport(world, 'dry-new', { options: '--create --edition Standard --dry-run' })
    await inStatus(world, id, 'checked')
    const last = textOf(await reply(world, id, 'was only checked'))
    for (const said of ['target, tier', 'Blob: whether `in/dry-new.bacpac`']) expect(last).toContain(said)
    expect(sentFor(world, 'dry-new')).toEqual([])
    expect(partsOf(world, 'dry-new').database).toBeUndefined()
  })

  test('says what would be refused', async () => {
    const { ack } = await world.slack.as('U0DANA').command('/export', 's-keys to s-keys --dry-run')
    const id = idIn(ack.text.replace('Dry run', ''))
    await inStatus(world, id, 'checked')
    expect(textOf(await reply(world, id, 'was only checked'))).toContain('🛑 Storage key: `')
  })
})

describe('what stands in the way', () => {
  test.each(Object.entries(stops))('is said with what to do, and nothing is sent: %s', async (name, [, is, next]) => {
    const id = await ask(world, name)
    await inStatus(world, id, 'refused')
    const last = textOf(await reply(world, id, 'was refused'))
    for (const said of [is, next, 'Nothing was sent to Azure.', '<@U0DANA>']) expect(last).toContain(said)
    expect(sentFor(world, name)).toEqual([])
    expect(messagesOf(world.slack, id, 'card')).toEqual([])
  })
})

describe('a limitation that is got around', () => {
  test('connections that somebody has to approve by hand are approved with one click', async () => {
    const id = await ask(world, 'manual')
    const card = await cardOf(world, id)
    const job = await jobOf(world, 'manual')
    expect(statesOf(world, job)).toEqual(['Pending', 'Pending'])
    await approve(world, card)
    await inStatus(world, id, 'succeeded')
    const puts = sentFor(world, 'manual').filter((name) => name.endsWith('-put'))
    expect(puts.toSorted()).toEqual(['pec-sql-put', 'pec-storage-put'])
    expect(blobsOf(world, 'manual')).toHaveLength(1)
  })

  test('backup redundancy is given to the empty database, which is then imported into', async () => {
    const id = await askImport(world, 'redundant', { options: '--create --redundancy Zone' })
    await approve(world, await cardOf(world, id))
    await inStatus(world, id, 'succeeded')
    expect(partsOf(world, 'redundant').database).toMatchObject({ backupStorageRedundancy: 'Zone', tables: packed })
    expect(requestsOf(world, 'redundant').find(({ name }) => name === 'import')?.requestBody).toHaveProperty(
      'networkIsolation',
    )
  })

  test('the database that has to exist is made before the import is sent', async () => {
    const without = await askImport(world, 'existing')
    await inStatus(world, without, 'refused')
    expect(textOf(await reply(world, without, 'was refused'))).toContain('Add `--create` to have an empty one made')
    expect(sentFor(world, 'existing')).toEqual([])
    const id = await askImport(world, 'existing', { options: '--create' })
    await approve(world, await cardOf(world, id))
    await inStatus(world, id, 'succeeded')
    const sent = sentFor(world, 'existing').filter((name) => name === 'database-put' || name === 'import')
    expect(sent).toEqual(['database-put', 'import'])
  })
})

describe('a warning', () => {
  test('stands on the card, and does not hold up the export', async () => {
    grown('large')
    const id = await ask(world, 'large')
    const card = await cardOf(world, id)
    expect(textOf(card)).toContain('⚠️ Size: 160 GB of data: above 150 GB the service often fails')
    expect(textOf(card)).toContain('Microsoft advises SqlPackage')
    await approve(world, card)
    await inStatus(world, id, 'succeeded')
  })

  test('is what cannot be read, with the permission that is missing', async () => {
    armFor(world, 'blind', { name: 'locks', code: 'AuthorizationFailed' })
    armFor(world, 'blind', { name: 'usages', code: 'InternalServerError' })
    const id = await ask(world, 'blind')
    const card = await cardOf(world, id)
    expect(textOf(card)).toContain(
      '⚠️ Locks: could not be checked, which needs the permission `Microsoft.Authorization/locks/read`',
    )
    expect(textOf(card)).toContain('⚠️ Size: could not be checked')
    await approve(world, card)
    await inStatus(world, id, 'succeeded')
    expect(thread(world, id).join('\n')).not.toContain('Something changed')
  })
})

describe('between the card and the click', () => {
  test.each(['grows', 'grows-first'])('a new warning makes it asked anew: %s', async (name) => {
    const id = await ask(world, name)
    const card = await cardOf(world, id)
    expect(textOf(card)).not.toContain('⚠️ Size')
    const sent = sentFor(world, name)
    grown(name)
    expect(await approve(world, card)).toContain('Your yes is recorded (1 of 1)')
    await reply(world, id, 'Something changed (what the checks warn of), so the approvers are asked anew in round 2.')
    const newer = await cardOfRound(id, 2)
    expect(textOf(newer)).toContain('⚠️ Size: 160 GB of data')
    await eventually(() => textOf(messagesOf(world.slack, id, 'card:1')[0]).includes('Replaced by round 2'))
    const old = await approve(world, card, 'U0LEE')
    expect(old).toContain('The facts on this card have changed, and it was replaced by round 2.')
    expect(old).toContain('Decide on the newest card.')
    expect(sentFor(world, name)).toEqual(sent)
    await approve(world, newer)
    await inStatus(world, id, 'succeeded')
    expect(sentFor(world, name).filter((each) => each === 'export')).toHaveLength(1)
  })

  test('a lock that is put on ends it before anything is sent', async () => {
    const id = await ask(world, 'lock-first')
    const card = await cardOf(world, id)
    locked('lock-first', 'database')
    await approve(world, card)
    await inStatus(world, id, 'refused')
    const last = textOf(await reply(world, id, 'was refused'))
    expect(last).toContain('Locks: keep (CanNotDelete) on the database lock-first.')
    expect(last).toContain('Nothing was sent to Azure.')
    expect(sentFor(world, 'lock-first')).toEqual([])
  })

  test('a lock is shown on a new card where Azure holds the job already', async () => {
    const id = await ask(world, 'locked-later')
    const card = await cardOf(world, id)
    locked('locked-later', 'account')
    await approve(world, card)
    const newer = await cardOfRound(id, 2)
    expect(textOf(newer)).toContain('🛑 Locks: keep (CanNotDelete) on the storage account')
    expect(statesOf(world, await jobOf(world, 'locked-later'))).toEqual(['Pending', 'Pending'])
  })

  test('a right that is taken away ends it, with the role that is missing', async () => {
    const id = await ask(world, 'lost')
    const card = await cardOf(world, id)
    armFor(world, 'lost', { name: 'database', code: 'AuthorizationFailed' })
    await approve(world, card)
    await inStatus(world, id, 'failed')
    const last = textOf(await reply(world, id, 'has failed'))
    expect(last).toContain('Drawbridge’s identity may not do')
    expect(last).toContain('Nothing was started in Azure.')
    expect(sentFor(world, 'lost')).toEqual([])
  })

  test('an Azure that does not answer after the yes ends it when its time is over, and nothing was sent', async () => {
    const id = await ask(world, 'deaf')
    const card = await cardOf(world, id)
    armFor(world, 'deaf', { name: 'database', code: 'InternalServerError' })
    await approve(world, card)
    await inStatus(world, id, 'failed')
    const last = textOf(await reply(world, id, 'has failed'))
    for (const said of [
      'it took longer than it may',
      'Nothing was started in Azure.',
      'ask again: `/export deaf to deaf',
    ])
      expect(last).toContain(said)
    expect(sentFor(world, 'deaf')).toEqual([])
  })
})

describe('a transfer that failed', () => {
  let failed = ''
  beforeAll(async () => {
    const fault = armFor(world, 'again', { name: 'job', code: 'OperationInterrupted' })
    const { ack } = await world.slack.as('U0DANA').command('/export', 'again to again --blob weekly/stem')
    failed = idIn(ack.text)
    await approve(world, await cardOf(world, failed))
    await inStatus(world, failed, 'failed')
    fault.lift()
  })

  test.each([
    ['U0RIO', 'sees nothing of it', /no transfer/i],
    ['U0AUD', 'may not ask for it', /not among those who may ask for this \(rule `again`\)/],
  ])('is not asked for again by who may not: %s %s', async (by, _, says) => {
    const before = roots()
    expect(await told(world, by, `retry ${failed}`)).toMatch(says)
    expect(roots()).toEqual(before)
  })

  test('is asked for again as a new one, with a yes and a blob of its own', async () => {
    const answer = await told(world, 'U0DANA', `retry ${failed}`)
    expect(answer).toContain('Recorded as')
    const id = idIn(answer)
    expect(id).not.toBe(failed)
    const card = await cardOf(world, id)
    expect((await recordOf(world, id))?.transfer.decisions).toEqual([])
    expect(blobsOf(world, 'again')).toEqual([])
    await approve(world, card)
    await inStatus(world, id, 'succeeded')
    const posts = requestsOf(world, 'again').filter(({ name }) => name === 'export')
    const uris = posts.map(({ requestBody }) => (requestBody as { storageUri: string }).storageUri)
    expect(uris).toHaveLength(2)
    for (const uri of uris) expect(uri).toMatch(/\/bacpacs\/weekly\/stem-\d{8}-\d{6}-[a-z0-9]{8}\.bacpac$/)
    expect(uris[0]).toContain(failed)
    expect(uris[1]).toContain(id)
    expect(uris[1]).not.toContain(failed)
    expect(replies(world, id).at(-1)?.threadTs).not.toBe(messagesOf(world.slack, failed, 'root')[0]?.ts)
  })
})

test('every request and every answer is as the specification has it', () => {
  expect(world.azure.state.requests.flatMap(checkExchange)).toEqual([])
})

/** The database holds more than the service likes. */
function grown(name: string): void {
  Object.assign(partsOf(world, name).database ?? {}, { usedBytes: 160 * gigabyte })
}

function locked(name: string, part: 'database' | 'account'): void {
  const group = '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-data/providers'
  const scope =
    part === 'database'
      ? `${group}/Microsoft.Sql/servers/sql-${name}/databases/${name}`
      : `${group}/Microsoft.Storage/storageAccounts/${partsOf(world, name).account.name}`
  world.azure.state.locks.push({ scope, name: 'keep', level: 'CanNotDelete', notes: '' })
}

/** The transfers that have a story. */
function roots(): readonly unknown[] {
  const marks = world.slack.state.messages.map(({ metadata }) => metadata?.event_payload as { transfer?: string })
  return [...new Set(marks.map((mark) => mark?.transfer))]
}

function cardOfRound(id: string, round: number): Promise<SlackMessage> {
  return eventually(() => messagesOf(world.slack, id, `card:${round}`).find(hasButtons))
}
