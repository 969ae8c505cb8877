import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AzureState } from '../sandbox/azure/index.ts'
import { checkExchange } from './support/azure-spec.ts'
import { casesWorld } from './support/cases.ts'
import { approve, ask, cardOf, jobOf, reply, withRedis } from './support/story.ts'
import { type Config, startWorld, type World } from './support/world.ts'

const group = '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-data/providers'
const identityId = (name: string) => `${group}/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`
const identity = { kind: 'managedIdentity', identity: identityId('id-drawbridge') }
const inVault = (name: string) => `https://kv-sandbox.vault.azure.net/secrets/${name}`
const password = 'Planted"Vault\\Passw0rd/&<91c4>'
const entraPassword = 'planted-entra-passw0rd-5d'
const signature = 'pl4ntedVaultSignature9%2Bc%3D'
const sas = `?sv=2024-11-04&ss=b&srt=co&sp=rwlc&se=2099-12-31T23:59:59Z&sig=${signature}`

/** With what the jobs of each case sign in: to the server and to its storage account. */
const cases: Readonly<Record<string, { login?: object; credential?: object }>> = {
  identities: { login: identity, credential: identity },
  vault: {
    login: { kind: 'keyVault', user: 'drawbridge', password: inVault('planted-password') },
    credential: { kind: 'keyVault', sas: inVault('planted-sas') },
  },
  environment: {
    login: {
      kind: 'environment',
      authentication: 'entraPassword',
      user: 'drawbridge@sandbox.example',
      password: 'ENTRA_PASSWORD',
    },
    credential: { kind: 'environment', sas: 'PLANTED_SAS' },
  },
  unassigned: { login: { ...identity, identity: identityId('id-other') } },
  'no-admin': { login: identity },
  'no-role': { credential: identity },
  'no-secret': { login: { kind: 'keyVault', user: 'drawbridge', password: inVault('lost') } },
  'no-right': { login: { kind: 'keyVault', user: 'drawbridge', password: inVault('closed') } },
  'ran-out': { credential: { kind: 'keyVault', sas: inVault('old-sas') } },
  words: { login: { kind: 'keyVault', user: 'drawbridge', password: inVault('planted-password') } },
}
const names = Object.keys(cases)

let world: World
/** The transfer whose worker is killed once the others are through. */
let waiting = ''
beforeAll(async () => {
  const options = casesWorld(Object.fromEntries(names.map((name) => [name, {}])), {
    azure: { requestCap: 20_000 },
    environment: { ENTRA_PASSWORD: entraPassword, PLANTED_SAS: sas, LOG_LEVEL: 'trace' },
    config: configure,
  })
  world = await startWorld(options)
  plant(world.azure.state)
  await world.start('bot')
  await world.start('worker')
})
afterAll(() => world.close())

function configure(config: Config): void {
  for (const [name, { login, credential }] of Object.entries(cases)) {
    if (login) config.sqlLogins[`sql-${name}`] = login
    if (credential) config.storage[name].credential = credential
  }
}

function plant(state: AzureState): void {
  for (const server of state.servers) {
    if (/vault|words/.test(server.name)) server.administratorPassword = password
    for (const user of server.entraUsers) user.password = entraPassword
    if (server.name === 'sql-no-admin') server.entraAdministrators = []
  }
  for (const account of state.accounts) {
    account.signatures.push(sas)
    if (account.name === `stcase${names.indexOf('no-role')}`) account.dataRoles = []
  }
  const secret = { vault: 'kv-sandbox', version: 'a'.repeat(32), closed: null }
  const old = sas.replace('2099', '2020')
  state.vaultSecrets.push(
    { ...secret, name: 'planted-password', value: password },
    { ...secret, name: 'planted-sas', value: sas },
    { ...secret, name: 'old-sas', value: old },
    { ...secret, name: 'closed', value: password, closed: 'ForbiddenByRbac' },
  )
}

const submits = (name: string) =>
  world.azure.state.requests.filter((each) => each.name === 'export' && each.path.includes(`/sql-${name}/`))

describe.concurrent('from the configuration to the end of the job', () => {
  test.for(['identities', 'vault', 'environment'])('an export with %s finishes', async (name) => {
    const id = await ask(world, name)
    await approve(world, await cardOf(world, id))
    await reply(world, id, 'has finished')
    expect(submits(name)).toHaveLength(1)
    expect(Object.values(submits(name)[0]?.secrets ?? {})).not.toContain('wrong')
  })

  test('an export waits for its approval', async () => {
    waiting = await ask(world, 'words')
    await cardOf(world, waiting)
  })

  test.for([
    ['no-admin', 'the server’s Entra administrator'],
    ['no-role', 'Storage Blob Data Contributor'],
  ] as const)('a job that is not let in (%s) says what to do', async ([name, next]) => {
    const id = await ask(world, name)
    await approve(world, await cardOf(world, id))
    expect((await reply(world, id, 'has failed')).text).toContain(next)
  })

  test('an identity that the server does not have is found before anything is sent', async () => {
    const id = await ask(world, 'unassigned')
    expect((await reply(world, id, 'Assign it to the server')).text).toContain('Nothing was sent')
    expect(submits('unassigned')).toEqual([])
  })

  test.for([
    ['no-secret', 'Key Vault has no secret of the configured name'],
    ['no-right', 'Microsoft.KeyVault/vaults/secrets/getSecret/action'],
    ['ran-out', 'has run out'],
  ] as const)('without a usable secret (%s) nothing is sent, and the thread says what to do', async ([name, says]) => {
    const id = await ask(world, name)
    expect((await reply(world, id, 'has failed')).text).toContain(says)
    expect(submits(name)).toEqual([])
  })
})

test('a worker that never read the password keeps it out of what a job says', async () => {
  const job = await jobOf(world, 'words')
  await world.running.find(({ role }) => role === 'worker')?.kill()
  const reason = `strange words with ${password} and ${decodeURIComponent(signature)}`
  world.azure.changeOperation({ action: 'fail', id: job.id, reason })
  await world.start('worker')
  expect((await reply(world, waiting, 'has failed')).text).toContain('strange words with')
})

test('no secret is in Redis, the log or a message', async () => {
  const stored = await withRedis(world, async (client) => {
    const values: string[] = []
    for (const key of await client.keys('*')) {
      values.push(key, (await client.dumpBuffer(key))?.toString('latin1') ?? '')
      if ((await client.type(key)) === 'hash') values.push(JSON.stringify(await client.hgetall(key)))
      if ((await client.type(key)) === 'stream') values.push(JSON.stringify(await client.xrange(key, '-', '+')))
    }
    return values.join('\n')
  })
  const said = JSON.stringify([world.slack.state.messages, world.slack.state.calls.map(({ args }) => args)])
  const places = { stored, file: await world.redis.aofContents(), log: world.output(), said }
  const secrets = ['Passw0rd/&<91c4', 'Passw0rd/&amp;&lt;91c4', entraPassword, signature, decodeURIComponent(signature)]
  for (const [place, text] of Object.entries(places)) {
    expect(text.length, place).toBeGreaterThan(100)
    expect(
      secrets.filter((each) => text.includes(each)),
      place,
    ).toEqual([])
  }
})

test('all of it is what Azure publishes', () => {
  expect(world.azure.state.requests.flatMap(checkExchange)).toEqual([])
})
