import { afterEach, beforeEach, expect, test } from 'vitest'
import { GROUPS, PEOPLE, startTeamsSandbox, type TeamsSandbox } from '../sandbox/teams/index.ts'

let teams: TeamsSandbox
let token: string
beforeEach(async () => {
  teams = await startTeamsSandbox()
  token = await tokenFor('https://graph.microsoft.com')
})
afterEach(() => teams.close())

async function tokenFor(audience: string): Promise<string> {
  const { url, tenantId, appId, appPassword } = teams
  const form = { grant_type: 'client_credentials', client_id: appId, client_secret: appPassword }
  const body = new URLSearchParams({ ...form, scope: `${audience}/.default` })
  const answer = await fetch(`${url}/${tenantId}/oauth2/v2.0/token`, { method: 'POST', body })
  return ((await answer.json()) as { access_token: string }).access_token
}

async function ask(path: string, { body, as = token, ...headers }: Record<string, string> = {}) {
  const authorization = { authorization: `Bearer ${as}` }
  const method = body === undefined ? 'GET' : 'POST'
  const sent = { method, headers: { ...authorization, ...headers }, ...(body === undefined ? {} : { body }) }
  const answer = await fetch(`${teams.url}/v1.0/${path}`, sent)
  const json = (await answer.json()) as { error?: { code: string }; value?: { id: string }[] } & Record<string, unknown>
  return { status: answer.status, code: json.error?.code, json, after: answer.headers.get('retry-after') }
}

const members = `groups/${GROUPS.dba}/transitiveMembers/microsoft.graph.user`
const eventual = { consistencylevel: 'eventual' }
const json = { 'content-type': 'application/json' }
const check = (groupIds: unknown, more = {}) =>
  ask(`users/${PEOPLE.lee}/checkMemberGroups`, {
    ...json,
    body: JSON.stringify({ groupIds, ...more }),
  })

test('answers as Graph does', async () => {
  const user = await ask(`users/${PEOPLE.guest}?$select=id,userType,accountEnabled`)
  expect(user).toMatchObject({ status: 200, json: { id: PEOPLE.guest, userType: 'Guest', accountEnabled: true } })
  const all = await ask(`${members}?$count=true&$select=id,displayName`, eventual)
  expect(all.json).toMatchObject({
    '@odata.count': 2,
    value: [
      { id: PEOPLE.sam, displayName: 'Sam Okafor' },
      { id: PEOPLE.lee, displayName: 'Lee Novak' },
    ],
  })
  expect((await check([GROUPS.empty, GROUPS.dba, GROUPS.leads])).json.value).toEqual([GROUPS.dba, GROUPS.leads])
  expect((await ask(`groups/${GROUPS.dba}?$select=id,displayName`)).json.displayName).toBe('Database admins')
})

test('gives a list page by page', async () => {
  const first = await ask(`${members}?$count=true&$top=1`, eventual)
  const link = String(first.json['@odata.nextLink'])
  expect(first.json.value).toHaveLength(1)
  const second = await ask(link.slice(`${teams.url}/v1.0/`.length), eventual)
  expect(second.json.value?.map(({ id }) => id)).toEqual([PEOPLE.lee])
  expect(second.json).not.toHaveProperty('@odata.nextLink')
})

test('takes tokens that were given for it, with the permissions of then', async () => {
  const foreign = await tokenFor('https://api.botframework.com')
  expect(await ask(`users/${PEOPLE.sam}`, { as: foreign })).toMatchObject({
    status: 401,
    code: 'InvalidAuthenticationToken',
  })
  teams.control.graph({ permissions: ['GroupMember.Read.All'] })
  expect(await ask(`users/${PEOPLE.sam}`)).toMatchObject({ status: 200 })
  const as = await tokenFor('https://graph.microsoft.com')
  expect(await ask(`users/${PEOPLE.sam}`, { as })).toMatchObject({ status: 403, code: 'Authorization_RequestDenied' })
  const hidden = await ask(`${members}?$count=true&$select=id,accountEnabled`, { ...eventual, as })
  expect(hidden.json.value).toContainEqual({ id: PEOPLE.sam, accountEnabled: null })
})

test('refuses what Graph refuses', async () => {
  const nobody = 'cc000000-0000-4000-8000-000000000000'
  const codes = [
    await ask(`${members}?$select=id`, eventual),
    await ask(`${members}?$count=true`),
    await ask(`${members}?$count=true&$top=1000`, eventual),
    await ask(`${members}?$count=true&$select=shoeSize`, eventual),
    await ask(`users/${PEOPLE.sam}?$expand=manager`),
    await ask(`users/${nobody}`),
    await ask(`users/${PEOPLE.stranger}`),
    await ask(`groups/${nobody}?$select=id`),
    await check(Array.from({ length: 21 }, () => GROUPS.dba)),
    await check(['dba']),
    await check([GROUPS.dba], { securityEnabledOnly: true }),
    await ask(`users/${PEOPLE.sam}/memberOf`),
  ].map(({ status, code }) => `${status} ${code}`)
  expect(codes).toEqual([
    '400 Request_UnsupportedQuery',
    '400 Request_UnsupportedQuery',
    '400 Request_BadRequest',
    '400 BadRequest',
    '400 BadRequest',
    '404 Request_ResourceNotFound',
    '404 Request_ResourceNotFound',
    '404 Request_ResourceNotFound',
    '400 Request_BadRequest',
    '400 Request_BadRequest',
    '400 Request_BadRequest',
    '400 BadRequest',
  ])
})

test('breaks where it is told to, in its own words', async () => {
  teams.control.fault({ match: { method: 'graphUser' }, action: { status: 429 } })
  expect(await ask(`users/${PEOPLE.sam}`)).toMatchObject({ status: 429, code: 'TooManyRequests', after: '10' })
  expect(await ask(`users/${PEOPLE.sam}`)).toMatchObject({ status: 200 })
})
