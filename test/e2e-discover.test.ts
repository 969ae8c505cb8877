import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Transfer } from '../src/transfer/model.ts'
import { checkExchange } from './support/azure-spec.ts'
import { auditOf } from './support/e2e.ts'
import { approve, cardOf, eventually, inStatus, recordOf, told } from './support/story.ts'
import { type Config, idIn, startWorld, type World } from './support/world.ts'

const subscription = '11111111-1111-1111-1111-111111111111'
const group = `/subscriptions/${subscription}/resourceGroups/rg-data/providers`
const databaseId = (server: string, name: string): string =>
  `${group}/Microsoft.Sql/servers/${server}/databases/${name}`
const accountId = (name: string): string => `${group}/Microsoft.Storage/storageAccounts/${name}`

/** One rule names what is not of the catalogue; the others are those of the example, with `*` and nothing. */
function config(file: Config): void {
  file.azure.discover = [subscription]
  file.storage = { backups: file.storage.backups }
  file.rules[0].when = { operation: ['export'], database: ['*'] }
  file.rules.push({
    ...{ name: 'found', when: { database: ['sql-test/st*', 'sql-hr/*'], storage: ['starchive/*', 'backups'] } },
    ...{ requesters: ['anyone'], stages: [{ approvers: ['U0SAM'] }], cards: ['C0DBA'] },
  })
}

let world: World
beforeAll(async () => {
  world = await startWorld({
    slack: { rateLimits: 'off' },
    azure: {
      options: { listPageSize: 1 },
      seed: ({ servers, databases }) => {
        const server = servers.find(({ name }) => name === 'sql-prod')
        const database = databases.find(({ name }) => name === 'orders')
        if (server) servers.push({ ...structuredClone(server), name: 'sql-hr' })
        if (database) databases.push({ ...structuredClone(database), server: 'sql-hr', name: 'salaries' })
      },
    },
    config,
  })
  // Two processes: the one that people talk to has no way to Azure.
  const early = await world.start('bot')
  const { ack } = await world.slack.as('U0DANA').command('/export', 'staging to backups')
  expect(ack.text).toContain('not listed yet')
  await early.term()
  await world.start('worker')
  await eventually(listed)
  await world.start('bot')
})
afterAll(() => world.close())

/** Each list below is asked for after those above were shared. */
const listed = () =>
  ['databases', 'containers'].every((name) => world.azure.state.requests.some((each) => each.name === name))

const asks = async (text: string): Promise<string> => {
  return (await world.slack.as('U0DANA').command('/export', text)).ack.text
}
async function asked(id: string): Promise<Transfer> {
  const stored = await recordOf(world, id)
  if (!stored) throw new Error(`${id} is not recorded`)
  return stored.transfer
}

/** As soon as the lists are shared; nothing is recorded by what is refused. */
const answers = (text: string) => expect.poll(() => asks(text), { timeout: 10_000, interval: 100 })

describe('what is not of the catalogue', () => {
  test('is found by its name, and moved under the rule that names it', async () => {
    await answers('stagng to backups').toContain('Did you mean `staging`?')
    const id = idIn(await asks('sql-test/staging to starchive/yearly'))
    const transfer = await asked(id)
    expect(transfer.request.database).toMatchObject({ id: databaseId('sql-test', 'staging'), discovered: true })
    expect(transfer.request.storage).toMatchObject({
      id: accountId('starchive'),
      container: 'yearly',
      discovered: true,
    })
    expect(transfer.rule.name).toBe('found')
    await approve(world, await cardOf(world, id), 'U0SAM')
    await inStatus(world, id, 'succeeded')
    expect(world.azure.state.blobs.map(({ account, container }) => `${account}/${container}`)).toEqual([
      'starchive/yearly',
    ])
    expect(world.azure.state.requests.flatMap(checkExchange)).toEqual([])
    const again = await asked(idIn(await told(world, 'U0DANA', `retry ${id}`)))
    expect(again.request.database).toEqual(transfer.request.database)
    expect(again.request.storage.uri).toMatch(/^https:\/\/starchive\.blob\.core\.windows\.net\/yearly\/staging-/)
    expect(again.rule.name).toBe('found')
  })

  test('is asked for by its resource id, in quotes or without, before any list has it', async () => {
    const brandNew = databaseId('sql-test', 'stage-two')
    const text = `"${brandNew}" to ${accountId('starchive')}/yearly --dry-run`
    const transfer = await asked(idIn(await asks(text)))
    expect(transfer.request.database).toMatchObject({ id: brandNew, alias: 'sql-test/stage-two' })
    expect(transfer.request.storage.uri).toMatch(/^https:\/\/starchive\.blob\.core\.windows\.net\/yearly\/stage-two-/)
  })

  test.each([
    [
      'a rule names by * alone',
      `${databaseId('sql-prod', 'payroll')} to backups`,
      ['No rule allows', 'sql-prod/payroll'],
    ],
    ['no rule names', 'starchive to backups', ['There is no database `starchive`', 'among what a rule names in Azure']],
    [
      'is in another subscription',
      `${databaseId('sql-test', 'stage').replace('1111', '2222')} to backups`,
      ['is not one that Drawbridge works in'],
    ],
    ['is no database', `${accountId('starchive')} to backups`, ['is not the resource id of a database']],
    [
      'has no login',
      'salaries to backups',
      ['no SQL login for the server `sql-hr`', 'Nothing was recorded', 'sqlLogins'],
    ],
  ])('is refused when it %s', async (_why, text, says) => {
    const answer = await asks(text)
    for (const part of says) expect(answer).toContain(part)
    const last = (await auditOf(world)).findLast(({ kind }) => kind === 'requested' || kind === 'command_refused')
    expect(last?.kind).toBe('command_refused')
  })
})
