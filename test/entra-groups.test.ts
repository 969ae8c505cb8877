import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FOREIGN_TENANT, GROUPS, HOME_TENANT, PEOPLE, person } from '../sandbox/teams/index.ts'
import { unheardIn, withEntraGroups } from '../src/bot/entra-directory.ts'
import { createEntraGroups, type EntraGroups } from '../src/bot/entra-groups.ts'
import { createGraphClient } from '../src/bot/graph-client.ts'
import { createTeamsDirectory, type TeamsDirectory } from '../src/bot/teams-directory.ts'
import { createTeamsNotes } from '../src/bot/teams-notes.ts'
import { inTeams, startTeamsAdapter, type TeamsAdapter } from './support/teams-adapter.ts'

const group = (id: string): string => inTeams(`group:${id}`)
const dba = group(GROUPS.dba)
const leads = group(GROUPS.leads)
const [dana, sam, lee, rio, guest] = [PEOPLE.dana, PEOPLE.sam, PEOPLE.lee, PEOPLE.rio, PEOPLE.guest].map((id) =>
  inTeams(id),
) as [string, string, string, string, string]
const graphUrl = 'https://graph.microsoft.com'

let adapter: TeamsAdapter
let groups: EntraGroups
let directory: TeamsDirectory
let now: number

beforeEach(async () => {
  now = 0
  adapter = await startTeamsAdapter()
  const { sdk, teams, logged } = adapter
  // The keys of the sandbox are made at their first use.
  await teams.token()
  const note = (fields: object, message: string) => void logged.push(`${message} ${JSON.stringify(fields)}`)
  const log = { info: note, warn: note, error: note }
  const clock = (): number => now
  const client = createGraphClient({
    url: `${teams.url}/v1.0`,
    token: (fresh) => sdk.token(graphUrl, fresh),
    now: clock,
  })
  groups = createEntraGroups({ client, tenant: teams.tenantId, log, now: clock })
  const inChat = createTeamsDirectory({
    ...{ sdk, log, now: clock, tenants: [teams.tenantId, FOREIGN_TENANT], unheard: unheardIn(groups) },
    notes: createTeamsNotes(adapter.notes, teams.serviceUrl),
  })
  directory = withEntraGroups(inChat, groups)
})
afterEach(() => adapter.close())

const control = () => adapter.teams.control
const calls = (method?: string) =>
  adapter.teams.state.calls.filter((call) => (method ? call.method === method : call.method.startsWith('graph')))
const fault = (method: 'graphCheck' | 'graphMembers' | 'graphUser' | 'graphGroup', action: object, times = 1) =>
  control().fault({ match: { method }, times, action: action as { status: number } })
const inDba = (who: string) => directory.among(who, [dba])
/** What is under way when it fails may still fail for whoever asks in the same moment. */
const soon = (who: string) => expect.poll(() => inDba(who).catch(() => undefined)).toEqual([dba])

describe('who is in a group', () => {
  test('is whoever Graph says, directly or through another group, and nobody else', async () => {
    expect(await inDba(sam)).toEqual([dba])
    expect(await directory.among(lee, ['anyone', leads, lee, dba])).toEqual(['anyone', leads, lee, dba])
    expect(await inDba(dana)).toEqual([])
    expect(await directory.people([dba])).toEqual([sam, lee])
    expect(await directory.people([leads, dba, rio, 'anyone', 'slack:T1/S1'])).toEqual([rio, lee, sam])
  })

  test('never counts guests, deactivated accounts and people of elsewhere, however they came into it', async () => {
    const other = 'e0000000-0000-4000-8000-000000000001'
    const external = person('ext', 'Ext Ernal', other, {
      userPrincipalName: 'ext_fabrikam.example#ext#@contoso.example',
    })
    adapter.teams.state.users.push(external)
    control().user('rio', { accountEnabled: false })
    control().group(GROUPS.dba, { members: [PEOPLE.guest, PEOPLE.rio, PEOPLE.stranger, other, PEOPLE.sam] })
    expect(await directory.people([dba])).toEqual([sam])
    for (const each of [guest, rio, inTeams(PEOPLE.stranger), inTeams(other)]) expect(await inDba(each)).toEqual([])
  })

  test('is the home tenant’s to say: nobody and no group of another one', async () => {
    const foreign = `teams:${FOREIGN_TENANT}/group:${GROUPS.dba}`
    expect(await directory.among(sam, [foreign])).toEqual([])
    expect(await directory.among(`teams:${FOREIGN_TENANT}/${PEOPLE.sam}`, [dba])).toEqual([])
    expect(await directory.people([foreign])).toEqual([])
    for (const id of ['slack:T1/U1', dba, inTeams('19:data@thread.tacv2'), '']) expect(await inDba(id)).toEqual([])
    expect(calls('graphCheck')).toEqual([])
    expect(calls('graphMembers')).toEqual([])
  })

  test('is asked twenty groups at a time', async () => {
    const many = Array.from({ length: 45 }, (_, index) => `f0000000-0000-4000-8000-0000000000${10 + index}`)
    const all = [...many, GROUPS.dba].map(group)
    expect(await directory.among(sam, all)).toEqual([dba])
    const asked = calls('graphCheck').map(({ body }) => (body.groupIds as string[]).length)
    expect(asked.sort()).toEqual([20, 20, 6])
  })

  test('is read page by page to the end', async () => {
    control().graph({ pageSize: 1 })
    control().group(GROUPS.dba, { members: [PEOPLE.sam, PEOPLE.dana, GROUPS.leads] })
    expect(await directory.people([dba])).toEqual([sam, dana, lee])
    expect(calls('graphMembers').map(({ status }) => status)).toEqual([200, 200, 200])
  })

  test('is cut, and told, where a group has more pages than are read; a click is checked all the same', async () => {
    control().graph({ pageSize: 1 })
    const everybody = [PEOPLE.dana, PEOPLE.rio, PEOPLE.ops, PEOPLE.aud, PEOPLE.sam, PEOPLE.lee]
    control().group(GROUPS.dba, { members: everybody })
    expect(await directory.people([dba])).toHaveLength(5)
    expect(adapter.logged.join()).toContain('this Entra group has more people than are read')
    expect(await inDba(lee)).toEqual([dba])
  })

  test('is not read from where a page leads away from Graph', async () => {
    const away = { value: [], '@odata.nextLink': `${adapter.teams.url}.evil.example/v1.0/groups` }
    fault('graphMembers', { status: 200, body: away })
    await expect(directory.people([dba])).rejects.toMatchObject({ fault: { code: 'foreign_link' } })
    fault('graphMembers', { status: 302, headers: { location: `${adapter.teams.url}/v1.0/groups` } })
    await expect(directory.people([dba])).rejects.toMatchObject({ name: 'TransientError', fault: { status: 302 } })
    expect(calls()).toHaveLength(2)
  })
})

describe('what was read', () => {
  test('is kept for 60 s and no longer, and read once for all who ask together', async () => {
    await Promise.all(Array.from({ length: 20 }, () => inDba(sam)))
    await Promise.all(Array.from({ length: 20 }, () => directory.people([dba])))
    expect(
      calls()
        .map(({ method }) => method)
        .sort(),
    ).toEqual(['graphCheck', 'graphMembers', 'graphUser'])
    control().group(GROUPS.dba, { members: [GROUPS.leads] })
    now = 59_999
    expect(await inDba(sam)).toEqual([dba])
    now = 60_000
    expect(await inDba(sam)).toEqual([])
    expect(await directory.people([dba])).toEqual([lee])
  })

  test('is forgotten when somebody came or went', async () => {
    expect(await inDba(sam)).toEqual([dba])
    control().group(GROUPS.dba, { members: [] })
    expect(await inDba(sam)).toEqual([dba])
    directory.onMembershipChange()
    expect(await inDba(sam)).toEqual([])
    expect(await directory.people([dba])).toEqual([])
  })

  test('is never used beyond its time because Graph is down', async () => {
    expect(await inDba(sam)).toEqual([dba])
    now = 60_000
    await control().down()
    await expect(inDba(sam)).rejects.toMatchObject({ name: 'TransientError', fault: { code: 'unreachable' } })
    await control().up()
    await soon(sam)
  })
})

describe('when Graph does not say', () => {
  test('nobody gets a right, and the log says what to grant, until it is granted', async () => {
    control().graph({ permissions: [] })
    for (const ask of [() => inDba(sam), () => directory.people([dba])]) {
      await expect(ask()).rejects.toMatchObject({ name: 'TransientError', fault: { status: 403 } })
    }
    const said = 'application permissions GroupMember.Read.All and User.Read.All of Microsoft Graph, with admin consent'
    expect(adapter.logged.join()).toContain(said)
    expect(groups.trouble()).toContain(said)
    control().graph({ permissions: ['GroupMember.Read.All', 'User.Read.All'] })
    // A token keeps the permissions that there were when it was given: a new one is asked for once a minute.
    const tokens = () => adapter.teams.state.tokens.length
    const before = tokens()
    await expect(inDba(sam)).rejects.toMatchObject({ fault: { status: 403 } })
    expect(tokens()).toBe(before)
    now = 60_000
    await soon(sam)
    expect(tokens()).toBe(before + 1)
    expect(groups.trouble()).toBeUndefined()
  })

  test('whose accounts are hidden, none of them passes for a member', async () => {
    control().graph({ permissions: ['GroupMember.Read.All'] })
    await expect(directory.people([dba])).rejects.toMatchObject({ fault: { code: 'users_hidden' } })
    expect(groups.trouble()).toContain('User.Read.All')
    expect(await directory.name(dba)).toBe('Database admins')
    expect(groups.trouble()).toContain('User.Read.All')
  })

  test('a group that was deleted is empty, and told', async () => {
    control().group(GROUPS.dba, undefined)
    expect(await inDba(sam)).toEqual([])
    expect(await directory.people([dba, leads])).toEqual([lee])
    expect(await directory.name(dba)).toBeUndefined()
    expect(groups.trouble()).toBe(
      `there is no Entra group ${GROUPS.dba}, which counts as empty: nobody gets a right by it`,
    )
    expect(adapter.logged.join()).toContain('counts as empty')
    control().group(GROUPS.dba, { members: [PEOPLE.sam] })
    now = 60_000
    expect(await directory.people([dba])).toEqual([sam])
    expect(groups.trouble()).toBeUndefined()
  })

  test('a group that is not there does not take the others with it', async () => {
    fault('graphCheck', { status: 404 })
    expect(await directory.among(sam, [dba, group(GROUPS.empty)])).toEqual([dba])
    expect(calls('graphCheck')).toHaveLength(3)
  })

  test('an answer without a word of Graph is no answer about a group', async () => {
    fault('graphMembers', { status: 404, body: '<html>' })
    await expect(directory.people([dba])).rejects.toMatchObject({ fault: { code: 'http_404' } })
    fault('graphMembers', { status: 200, body: '{"value":{}}' })
    await expect(directory.people([dba])).rejects.toMatchObject({ fault: { code: 'unreadable' } })
  })

  test.each([400, 500, 502, 503, 504])('%i is no answer about anybody', async (status) => {
    fault('graphCheck', { status })
    await expect(inDba(sam)).rejects.toMatchObject({ name: 'TransientError', fault: { status } })
    expect(adapter.logged.join()).toContain('Microsoft Graph could not be read')
    expect(await inDba(sam)).toEqual([dba])
  })

  test('it is left alone for as long as it asks', async () => {
    fault('graphMembers', { status: 429, headers: { 'retry-after': '7' } })
    await expect(directory.people([dba])).rejects.toMatchObject({ name: 'TransientError', retryAfter: 7_000 })
    now = 6_999
    await expect(inDba(sam)).rejects.toMatchObject({ fault: { code: 'throttled' }, retryAfter: 1 })
    expect(calls()).toHaveLength(1)
    now = 7_000
    expect(await inDba(sam)).toEqual([dba])
  })

  test('it is given up within 1.2 s and asked again', async () => {
    for (const method of ['graphCheck', 'token'] as const) {
      control().expireTokens()
      control().fault({ match: { method }, action: { hang: 'forever' } })
      const started = performance.now()
      await expect(inDba(sam)).rejects.toMatchObject({ name: 'TransientError', fault: { code: 'timeout' } })
      expect(performance.now() - started).toBeLessThan(1_700)
      await soon(sam)
      directory.onMembershipChange()
    }
  })
})

describe('the bot’s identity', () => {
  test('has a token of its own for Graph, which is renewed when it is not taken', async () => {
    await inDba(sam)
    expect(adapter.teams.state.tokens.map(({ audience }) => audience)).toEqual([graphUrl])
    control().expireTokens()
    directory.onMembershipChange()
    expect(await inDba(sam)).toEqual([dba])
    for (const { path, body } of adapter.teams.state.calls)
      expect(`${path} ${JSON.stringify(body)}`).not.toContain('eyJ')
  })

  test('is not used for Graph where nobody asks about a group', async () => {
    const plain = await startTeamsAdapter()
    await plain.teams.as('dana').say('list')
    expect(await plain.directory.standing(dana)).toBe('member')
    expect(await plain.directory.among(dana, ['anyone', dana, sam])).toEqual(['anyone', dana])
    expect(await plain.directory.people([sam, lee])).toEqual([sam, lee])
    expect(await plain.directory.standing(lee)).toBe('stranger')
    expect(plain.teams.state.calls.filter(({ method }) => method.startsWith('graph'))).toEqual([])
    expect(plain.teams.state.tokens.filter(({ audience }) => audience === graphUrl)).toEqual([])
    await plain.close()
  })
})

describe('whom Teams never heard of', () => {
  test('is known by Graph where the file names a group', async () => {
    control().user('rio', { accountEnabled: false })
    expect(await directory.standing(sam)).toBe('member')
    expect(await directory.standing(guest)).toBe('guest')
    expect(await directory.standing(rio)).toBe('deactivated')
    expect(await directory.standing(inTeams('cc000000-0000-4000-8000-000000000000'))).toBe('stranger')
    expect(await directory.people([sam, guest, rio])).toEqual([sam])
    expect(await directory.among(rio, [rio, 'anyone'])).toEqual([])
    expect(await directory.name(sam)).toBe('Sam Okafor')
    expect(await directory.name(dba)).toBe('Database admins')
  })

  test('is known as little as without it when Graph is away', async () => {
    fault('graphUser', { status: 503 }, 10)
    expect(await directory.standing(sam)).toBe('stranger')
    expect(await directory.people([sam])).toEqual([sam])
    expect(await directory.name(sam)).toBeUndefined()
  })
})

test('Teams tells when somebody came or went, and nothing else makes it ask anew', async () => {
  await adapter.teams.as('dana').say('list')
  await control().install('19:data@thread.tacv2')
  adapter.memberships.length = 0
  await control().removeMember('19:dba@thread.tacv2', 'rio')
  await control().addMember('19:meeting@thread.v2', 'lee')
  expect(adapter.memberships).toEqual([
    `teams:${HOME_TENANT}/19:data@thread.tacv2`,
    `teams:${HOME_TENANT}/19:meeting@thread.v2`,
  ])
})
