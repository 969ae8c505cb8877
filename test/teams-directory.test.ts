import { afterEach, beforeEach, expect, test } from 'vitest'
import { CHANNELS, MEETING, PEOPLE } from '../sandbox/teams/index.ts'
import { createTeamsDirectory, type TeamsDirectory } from '../src/bot/teams-directory.ts'
import { createTeamsNotes } from '../src/bot/teams-notes.ts'
import { TransientError } from '../src/transfer/errors.ts'
import { inTeams, startTeamsAdapter, type TeamsAdapter } from './support/teams-adapter.ts'

const dana = inTeams(PEOPLE.dana)
const sam = inTeams(PEOPLE.sam)
const lee = inTeams(PEOPLE.lee)
const guest = inTeams(PEOPLE.guest)
const stranger = inTeams(PEOPLE.stranger)

let adapter: TeamsAdapter
let directory: TeamsDirectory
let now: number

beforeEach(async () => {
  now = 0
  adapter = await startTeamsAdapter()
  const { sdk, teams, logged } = adapter
  const note = (fields: object, message: string) => void logged.push(`${message} ${JSON.stringify(fields)}`)
  directory = createTeamsDirectory({
    sdk,
    notes: createTeamsNotes(adapter.notes, teams.serviceUrl),
    tenants: [teams.tenantId],
    log: { info: note, warn: note, error: note },
    now: () => now,
  })
})
afterEach(() => adapter.close())

const calls = () => adapter.teams.state.calls.filter(({ method }) => method === 'member').length
/** Nobody is known before they wrote. */
const wrote = (name: string, options = {}) => adapter.teams.as(name).say('list', options)
const hang = () => adapter.teams.control.fault({ match: { method: 'member' }, action: { hang: 'forever' } })

test('a colleague who wrote is a member, wherever it was', async () => {
  await wrote('dana')
  await wrote('sam', { in: MEETING })
  await adapter.teams.as('lee').chat('list')
  for (const each of [dana, sam, lee]) expect(await directory.standing(each)).toBe('member')
  expect(await directory.among(dana, ['anyone', sam, dana])).toEqual(['anyone', dana])
})

test.each([
  ['by their role', {}],
  ['by their address alone', { userRole: 'user' }],
  ['by their role alone', { userPrincipalName: 'gus@contoso.example' }],
  ['by their address in small letters', { userRole: 'user', userPrincipalName: 'gus_f.example#ext#@contoso.example' }],
] as const)('a guest is known %s, and is not anyone', async (_how, change) => {
  adapter.teams.control.user('guest', change)
  await wrote('guest')
  expect(await directory.standing(guest)).toBe('guest')
  expect(await directory.among(guest, ['anyone'])).toEqual([])
  expect(await directory.people([guest, dana])).toEqual([dana])
})

test('somebody of another tenant is a stranger where they share a channel with us', async () => {
  await wrote('stranger', { shared: true })
  expect(await directory.standing(stranger)).toBe('stranger')
  expect(await directory.among(stranger, ['anyone', stranger])).toEqual([])
  expect(await directory.people([stranger])).toEqual([])
})

test('somebody who never signed in is a stranger', async () => {
  await wrote('anonymous', { in: MEETING })
  const anonymous = inTeams(`anonymous ${adapter.teams.as('anonymous').user.id}`)
  expect(await directory.standing(anonymous)).toBe('stranger')
  expect(await directory.among(anonymous, ['anyone', anonymous])).toEqual([])
  expect(calls()).toBe(0)
})

test('somebody with an account, who is anonymous there, is a stranger', async () => {
  adapter.teams.control.user('rio', { userRole: 'anonymous' })
  await wrote('rio')
  expect(await directory.standing(inTeams(PEOPLE.rio))).toBe('stranger')
})

test('an answer about another account is none about this one', async () => {
  await wrote('dana')
  adapter.teams.control.user('dana', { objectId: PEOPLE.stranger })
  expect(await directory.standing(dana)).toBe('stranger')
})

test.each([
  `teams:33333333-3333-3333-3333-333333333333/${PEOPLE.dana}`,
  'slack:T1/U1',
  inTeams(CHANNELS.data),
  'teams:',
])('%s is a stranger without a question', async (id) => {
  await wrote('dana')
  expect(await directory.standing(id)).toBe('stranger')
  expect(await directory.among(id, ['anyone', id])).toEqual([])
  expect(calls()).toBe(0)
})

test('somebody who is gone from where they wrote is a stranger, until they write elsewhere', async () => {
  await wrote('rio', { in: MEETING })
  const rio = inTeams(PEOPLE.rio)
  expect(await directory.standing(rio)).toBe('member')
  await adapter.teams.control.removeMember(MEETING, 'rio')
  now = 60_000
  expect(await directory.standing(rio)).toBe('stranger')
  expect(await directory.among(rio, ['anyone'])).toEqual([])
  await wrote('rio', { in: CHANNELS.data })
  expect(await directory.standing(rio)).toBe('member')
})

test('somebody whom a rule names and who never wrote is asked, but is not yet anyone', async () => {
  expect(await directory.standing(lee)).toBe('stranger')
  expect(await directory.people([lee, lee, sam, 'anyone', 'slack:T1/U1', inTeams(CHANNELS.data)])).toEqual([lee, sam])
  expect(await directory.among(lee, [lee, 'anyone'])).toEqual([lee])
  expect(await directory.among(lee, [sam])).toEqual([])
  expect(calls()).toBe(0)
})

test('answers are kept for 60 s and no longer', async () => {
  await wrote('dana')
  await directory.standing(dana)
  adapter.teams.control.user('dana', { userRole: 'guest' })
  now = 59_999
  expect(await directory.standing(dana)).toBe('member')
  expect(calls()).toBe(1)
  now = 60_000
  expect(await directory.standing(dana)).toBe('guest')
  expect(calls()).toBe(2)
})

test('many who ask at once cost one call', async () => {
  await wrote('dana')
  await Promise.all(Array.from({ length: 20 }, () => directory.among(dana, [dana, 'anyone'])))
  expect(calls()).toBe(1)
})

test('a directory that hangs is given up within 1.2 s and asked again', async () => {
  await wrote('dana')
  hang()
  const started = performance.now()
  await expect(directory.standing(dana)).rejects.toBeInstanceOf(TransientError)
  expect(performance.now() - started).toBeLessThan(1_700)
  expect(await directory.standing(dana)).toBe('member')
})

test.each([401, 403, 429, 503])('a directory that answers %i is no answer about anybody', async (status) => {
  await wrote('dana')
  adapter.teams.control.fault({ match: { method: 'member' }, action: { status } })
  await expect(directory.among(dana, ['anyone', dana])).rejects.toMatchObject({
    name: 'TransientError',
    fault: { status },
  })
  expect(adapter.logged.join()).toContain('the directory of Teams could not be read')
  expect(await directory.standing(dana)).toBe('member')
})

test('a right is never taken from an answer that is too old because Teams is down', async () => {
  await wrote('dana')
  await directory.standing(dana)
  now = 60_000
  await adapter.teams.control.down()
  await expect(directory.among(dana, ['anyone'])).rejects.toBeInstanceOf(TransientError)
  await adapter.teams.control.up()
})

test('people are called as they write, or as they are called in a team; channels as an activity called them', async () => {
  expect(await directory.name(dana)).toBeUndefined()
  await wrote('dana', { change: called('dba-approvals') })
  expect(await directory.name(dana)).toBe('Dana Ito')
  expect(await directory.name(lee)).toBe('Lee Novak')
  expect(await directory.name(inTeams(CHANNELS.data))).toBe('dba-approvals')
  expect(await directory.name(inTeams('cc000000-0000-4000-8000-000000000000'))).toBeUndefined()
  expect(await directory.name(inTeams(CHANNELS.dba))).toBeUndefined()
  for (const id of ['slack:T1/U1', 'anyone', '']) expect(await directory.name(id)).toBeUndefined()
})

test('a name that cannot be read is none, and nobody hears of an error', async () => {
  await wrote('dana')
  adapter.teams.control.fault({ match: { method: 'member' }, action: { status: 503 } })
  expect(await directory.name(lee)).toBeUndefined()
  expect(await directory.name(lee)).toBe('Lee Novak')
})

test('who is in a conversation is told by it, and nobody else is', async () => {
  const place = { serviceUrl: adapter.teams.serviceUrl, tenant: adapter.teams.tenantId, conversation: MEETING }
  expect(await directory.memberOf(place, sam)).toMatchObject({
    id: adapter.teams.as('sam').user.id,
    name: 'Sam Okafor',
  })
  expect(await directory.memberOf(place, lee)).toBeUndefined()
  const thread = { ...place, conversation: `${CHANNELS.dba};messageid=1` }
  expect(await directory.memberOf(thread, lee)).toMatchObject({ name: 'Lee Novak' })
  expect(await directory.memberOf({ ...thread, conversation: CHANNELS.dba }, lee)).toMatchObject({ name: 'Lee Novak' })
  expect(calls()).toBe(3)
})

function called(name: string) {
  return (activity: Record<string, unknown>) => {
    const channelData = activity.channelData as { channel: object }
    return { ...activity, channelData: { ...channelData, channel: { ...channelData.channel, name } } }
  }
}
