import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { checkExchange } from './support/azure-spec.ts'
import { armFor, casesWorld, partsOf, requestsOf } from './support/cases.ts'
import { secretsOf } from './support/e2e.ts'
import { askImport, emptied, packed, packedIn, readOf, removed, sentFor } from './support/imports.ts'
import {
  approve,
  ask,
  cardOf,
  deny,
  eventually,
  inStatus,
  jobOf,
  recordOf,
  reply,
  statesOf,
  thread,
} from './support/story.ts'
import { type Config, idIn, messagesOf, type Running, startWorld, textOf, type World } from './support/world.ts'

// Each test is a whole story, and several processes tell it.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 })

/** Wishes that the region does not fulfil, and what is possible instead. */
const impossible: Readonly<Record<string, readonly [options: string, says: string, possible: string]>> = {
  'i-edition': ['--edition Gold', 'There is no edition `Gold` in `westeurope`.', 'Basic, Standard, Premium'],
  'i-objective': ['--edition Standard --objective P1', 'no objective `P1` in `Standard`', 'S0, S1, S2, S3'],
  'i-size': ['--edition Basic --max-size 3GB', '`3 GB` is no size of Basic Basic', '100 MB, 500 MB, 1 GB, 2 GB'],
  'i-redundancy': ['--edition Basic --redundancy GeoZone', '`GeoZone` is not offered for Basic', 'Geo, Local, Zone'],
}

const there = ['into', 'cut', 'denied', 'open', 'full', 'trip', 'gone']
const missing = ['fresh', 'killed', 'failing', 'refused', 'withdrawn', 'absent', ...Object.keys(impossible)]

let world: World
let worker: Running
beforeAll(async () => {
  const names = [...there, ...missing, 'round']
  const rules = Object.fromEntries(names.map((name) => [name, {}]))
  const azure = { requestCap: 50_000, timings: { createMs: 300, cleanupMs: 0 } }
  world = await startWorld(casesWorld(rules, { azure, slack: { rateLimits: 'off' }, config }))
  for (const name of names) packedIn(world, name, partsOf(world, name).account.name)
  for (const name of there) if (name !== 'full') emptied(world, name)
  for (const name of missing) removed(world, name)
  ;[, worker] = await Promise.all([world.start('bot'), world.start('worker')])
})
afterAll(() => world.close())

describe('an import into an empty database', () => {
  test('over Private Link waits at its connections, and is told in the words of an import', async () => {
    const id = await askImport(world, 'into', { options: '--reason "the books of May"' })
    const card = await cardOf(world, id)
    for (const said of [
      'Import of into.bacpac to into',
      'container `bacpacs` of account',
      '`in/into.bacpac`',
      'database `into` on server `sql-into`',
      'A yes approves exactly these connections. Azure then loads the blob into the database.',
      'Blob: whether `in/into.bacpac` is in `bacpacs` is seen by Azure’s job alone',
      '“the books of May”',
    ]) {
      expect(textOf(card)).toContain(said)
    }
    expect(textOf(card)).not.toContain('to be made')
    expect(statesOf(world, await jobOf(world, 'into'))).toEqual(['Pending', 'Pending'])
    await approve(world, card)
    await inStatus(world, id, 'succeeded')
    const last = await reply(world, id, 'has finished')
    const job = await jobOf(world, 'into')
    const address = `https://${job.account}.blob.core.windows.net/bacpacs/in/into.bacpac`
    expect(thread(world, id).map((text) => text.replace(/\d+ (s|min)\b/g, 'a while'))).toEqual([
      `Import of into.bacpac to into: Azure has taken the job: operation \`${job.id}\`. It waits for its two private endpoint connections.`,
      'Import of into.bacpac to into: The approvers are asked. Both connections wait for their yes.',
      'Import of into.bacpac to into: 👍 <@U0SAM> approved this (1 of 1).',
      'Import of into.bacpac to into: 🚚 Both connections are approved. Azure loads the blob into the database now.',
      `Import of into.bacpac to into: ✅ <@U0DANA>, the import of into.bacpac to into has finished, after a while. The database \`into\` on server \`sql-into\` is loaded from \`${address}\`. Azure needed a while from the approval of the connections. It is online: Standard S3, up to 250 GB.`,
    ])
    expect(last.threadTs).toBe(messagesOf(world.slack, id, 'root')[0]?.ts)
    expect(partsOf(world, 'into').database?.tables).toEqual(packed)
    expect(sentFor(world, 'into').filter((name) => name === 'import')).toHaveLength(1)
  })

  test('whose submit was cut off after Azure had taken it is found, and not sent again', async () => {
    const fault = armFor(world, 'cut', { name: 'import', times: 1, action: { kind: 'accept-then-reset' } })
    const id = await askImport(world, 'cut')
    const card = await cardOf(world, id)
    expect(fault.hits).toBe(1)
    await reply(world, id, 'did not confirm the job, but it is there')
    expect((await recordOf(world, id))?.transfer.operation).toMatchObject({
      id: (await jobOf(world, 'cut')).id,
      adopted: true,
    })
    await approve(world, card)
    await inStatus(world, id, 'succeeded')
    expect(sentFor(world, 'cut').filter((name) => name === 'import')).toHaveLength(1)
  })

  test('that an approver denies leaves the database empty, and no connection behind', async () => {
    const id = await askImport(world, 'denied')
    await deny(world, await cardOf(world, id), 'not these books')
    await inStatus(world, id, 'denied')
    const last = textOf(await reply(world, id, 'was denied'))
    for (const said of [
      'Denied by <@U0SAM>: “not these books”',
      'The job in Azure has ended without data.',
      'ask again: `/import denied/bacpacs/in/denied.bacpac to denied`',
    ]) {
      expect(last).toContain(said)
    }
    const { phase } = await jobOf(world, 'denied')
    expect(phase).toMatch(/^(failed|cancelled)$/)
    expect(partsOf(world, 'denied').database?.tables).toEqual([])
  })

  test('without Private Link is asked for first, and needs no connection', async () => {
    const { server } = partsOf(world, 'open')
    server.publicNetworkAccess = 'Enabled'
    server.firewallRules.push({ name: 'azure', startIpAddress: '0.0.0.0', endIpAddress: '0.0.0.0' })
    const id = await askImport(world, 'open', { options: '--no-private-link' })
    const card = await cardOf(world, id)
    expect(textOf(card)).toContain('*Without Private Link*')
    expect(textOf(card)).toContain('A yes sends the import. Azure then loads the blob into the database.')
    expect(sentFor(world, 'open')).toEqual([])
    await approve(world, card)
    await inStatus(world, id, 'succeeded')
    const post = requestsOf(world, 'open').find(({ name }) => name === 'import')
    expect(post?.requestBody).not.toHaveProperty('networkIsolation')
    expect(partsOf(world, 'open').database?.tables).toEqual(packed)
  })

  test('is refused where the database is not empty, before anything is sent', async () => {
    const id = await askImport(world, 'full')
    await inStatus(world, id, 'refused')
    const last = textOf(await reply(world, id, 'was refused'))
    expect(last).toContain('Target: `full` is not empty (3 tables: `dbo.order_lines, dbo.orders, archive.orders_2024`)')
    expect(last).toContain('add `--create` with a name that is free')
    expect(last).toContain('Nothing was sent to Azure.')
    expect(sentFor(world, 'full')).toEqual([])
  })

  test('whose blob is not there fails, and says so', async () => {
    const { blobs } = world.azure.state
    blobs.splice(
      blobs.findIndex(({ name }) => name === 'in/gone.bacpac'),
      1,
    )
    const id = await askImport(world, 'gone')
    await approve(world, await cardOf(world, id))
    await inStatus(world, id, 'failed')
    expect(textOf(await reply(world, id, 'has failed'))).toContain('The blob is not there. Check its name')
  })

  test('of what an export wrote brings the same tables', async () => {
    const exported = await ask(world, 'round')
    await approve(world, await cardOf(world, exported))
    const { transfer } = await inStatus(world, exported, 'succeeded')
    const path = `round/bacpacs/${transfer.request.storage.blob}`
    const { ack } = await world.slack.as('U0DANA').command('/import', `${path} to trip`)
    const id = idIn(ack.text)
    await approve(world, await cardOf(world, id))
    await inStatus(world, id, 'succeeded')
    expect(partsOf(world, 'trip').database?.tables).toEqual(partsOf(world, 'round').database?.tables)
    expect(partsOf(world, 'trip').database?.tables).toHaveLength(3)
  })
})

describe('an import into a database that is made first', () => {
  const options = '--create --edition Standard --objective S1 --max-size 100GB --redundancy Local'

  test('is asked for before anything is made, and made as it was wished', async () => {
    const id = await askImport(world, 'fresh', { options, to: 'sql-fresh/books' })
    const card = await cardOf(world, id)
    for (const said of [
      'Standard, S1, up to 100 GB, westeurope, to be made with Local backup redundancy',
      'A yes makes the empty database, sends the import and covers the connections of that one operation',
      'Nothing has been sent to Azure.',
    ]) {
      expect(textOf(card)).toContain(said)
    }
    expect(sentFor(world, 'fresh')).toEqual([])
    await approve(world, card)
    await inStatus(world, id, 'succeeded')
    await reply(world, id, 'has finished')
    const made = sentFor(world, 'fresh').filter((name) => name === 'database-put' || name === 'import')
    expect(made).toEqual(['database-put', 'import'])
    expect(requestsOf(world, 'fresh').find(({ name }) => name === 'database-put')?.requestBody).toMatchObject({
      sku: { name: 'Standard', tier: 'Standard', capacity: 20 },
      properties: { maxSizeBytes: 100 * 1024 ** 3, requestedBackupStorageRedundancy: 'Local' },
    })
    expect(partsOf(world, 'fresh').database).toMatchObject({
      ...{ name: 'books', serviceObjective: 'S1', maxSizeBytes: 100 * 1024 ** 3, backupStorageRedundancy: 'Local' },
      tables: packed,
    })
    const told = thread(world, id).map((text) => text.replace('Import of fresh.bacpac to sql-fresh/books: ', ''))
    expect(told).toHaveLength(6)
    expect(told.slice(0, 3)).toEqual([
      'The approvers are asked. Nothing is sent to Azure before their yes.',
      '👍 <@U0SAM> approved this (1 of 1).',
      'The empty database `sql-fresh/books` is made.',
    ])
    expect(told.at(-1)).toContain('The database `books` on server `sql-fresh` is loaded from')
  })

  test('is made once and imported once when the worker dies while Azure makes it', async () => {
    world.azure.setTimings({ createMs: 600_000 })
    const dead = Promise.withResolvers<void>()
    const stop = world.azure.onRequest(async ({ when, name, path }) => {
      if (when === 'before' || name !== 'database-put' || !path.includes('/sql-killed/')) return undefined
      stop()
      await worker.kill()
      dead.resolve()
      return 'drop'
    })
    const id = await askImport(world, 'killed', { options })
    await approve(world, await cardOf(world, id))
    await dead.promise
    const before = looks('killed')
    worker = await world.start('worker')
    await eventually(() => looks('killed') > before + 1)
    world.azure.setTimings({ createMs: 300 })
    await inStatus(world, id, 'succeeded')
    await reply(world, id, 'The empty database `sql-killed/killed` is made.')
    const made = sentFor(world, 'killed').filter((name) => name === 'database-put' || name === 'import')
    expect(made).toEqual(['database-put', 'import'])
  })

  test('stands empty when the import fails, and is told with the command that deletes it', async () => {
    armFor(world, 'failing', { name: 'job', code: 'DiskFull' })
    const id = await askImport(world, 'failing', { options })
    await approve(world, await cardOf(world, id))
    const { transfer } = await inStatus(world, id, 'failed')
    const last = textOf(await reply(world, id, 'has failed'))
    for (const said of [
      'ran out of disk',
      'The database `failing` that was made for it stands on server `sql-failing` and costs money.',
      `If it is not wanted: \`az sql db delete --ids ${transfer.request.database.id}\``,
    ]) {
      expect(last).toContain(said)
    }
    expect(partsOf(world, 'failing').database).toMatchObject({ status: 'Online', tables: [] })
    expect(requestsOf(world, 'failing').filter(({ method }) => method === 'DELETE')).toEqual([])
  })

  test('is not made when an approver says no', async () => {
    const id = await askImport(world, 'refused', { options })
    await deny(world, await cardOf(world, id), 'too dear')
    await inStatus(world, id, 'denied')
    const last = textOf(await reply(world, id, 'was denied'))
    expect(last).toContain('Nothing was sent to Azure.')
    expect(last).toContain(`ask again: \`/import refused/bacpacs/in/refused.bacpac to refused ${options}\``)
    expect(sentFor(world, 'refused')).toEqual([])
  })

  test('that is cancelled while Azure makes it says that the database may stand there', async () => {
    world.azure.setTimings({ createMs: 1_500 })
    const id = await askImport(world, 'withdrawn', { options })
    await approve(world, await cardOf(world, id))
    await eventually(() => sentFor(world, 'withdrawn').includes('database-put'))
    await world.slack.as('U0DANA').command('/drawbridge', `cancel ${id}`)
    const { transfer } = await inStatus(world, id, 'cancelled')
    const last = textOf(await reply(world, id, 'was cancelled'))
    expect(last).not.toContain('Nothing was sent')
    for (const said of ['No job was sent to Azure.', 'that was to be made may stand on server `sql-withdrawn`']) {
      expect(last).toContain(said)
    }
    expect(last).toContain(`\`az sql db delete --ids ${transfer.request.database.id}\``)
    expect(sentFor(world, 'withdrawn')).not.toContain('import')
    world.azure.setTimings({ createMs: 300 })
  })

  test('is needed where there is no database, and is not guessed', async () => {
    const id = await askImport(world, 'absent')
    await inStatus(world, id, 'refused')
    const last = textOf(await reply(world, id, 'was refused'))
    expect(last).toContain(
      'no database `absent` on `sql-absent` to import into. Add `--create` to have an empty one made',
    )
    expect(sentFor(world, 'absent')).toEqual([])
  })

  test.each(Object.entries(impossible))(
    'is refused with what is possible: %s',
    async (name, [more, says, possible]) => {
      const id = await askImport(world, name, { options: `--create ${more}` })
      await inStatus(world, id, 'refused')
      const last = textOf(await reply(world, id, 'was refused'))
      expect(last).toContain(says)
      expect(last).toContain(`Possible: ${possible}`)
      expect(sentFor(world, name)).toEqual([])
    },
  )
})

test('nobody who reads of an import reads of an export', async () => {
  const messages = world.slack.state.messages.flatMap(({ metadata }) => {
    const { transfer } = (metadata?.event_payload ?? {}) as { transfer?: string }
    return transfer === undefined ? [] : [transfer]
  })
  const records = await Promise.all([...new Set(messages)].map((id) => recordOf(world, id)))
  const imports = records.flatMap((each) => (each?.transfer.request.operation === 'import' ? [each.transfer.id] : []))
  expect(imports.length).toBeGreaterThan(15)
  for (const id of imports) expect(readOf(world, id)).not.toMatch(/.{0,60}export.{0,20}/i)
})

test('no secret is in any message or output', () => {
  const said = JSON.stringify([world.slack.state.messages, world.slack.state.ephemerals]) + world.output()
  expect(secretsOf(world).filter((secret) => said.includes(secret))).toEqual([])
})

test('every request and every answer is as the specification has it', () => {
  expect(world.azure.state.requests.flatMap(checkExchange)).toEqual([])
})

/** How often somebody looked whether the database of a case is there. */
function looks(name: string): number {
  return requestsOf(world, name).filter((each) => each.name === 'database').length
}

function config(file: Config): void {
  file.rules.find(({ name }: { name: string }) => name === 'fresh').when.database.push('sql-fresh/*')
}
