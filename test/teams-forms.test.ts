import { afterEach, beforeEach, expect, test } from 'vitest'
import { CHANNELS, PEOPLE, type TeamsMessage } from '../sandbox/teams/index.ts'
import { inTeams, startTeamsAdapter, type TeamsAdapter } from './support/teams-adapter.ts'

const never = new Promise<never>(() => undefined)
const dana = inTeams(PEOPLE.dana)

let adapter: TeamsAdapter
beforeEach(async () => {
  adapter = await startTeamsAdapter()
})
afterEach(() => adapter.close())

const as = (name: string) => adapter.teams.as(name)
const written = (): TeamsMessage[] => adapter.teams.state.messages.filter(({ from }) => from.startsWith('28:'))
const told = (words: string) =>
  adapter.teams.until(() => written().find((message) => JSON.stringify(message).includes(words)))
const form = () => told('"verb":"ask"')
const filled = { database: 'database', storage: 'storage' }

test('says what was filled in, who did, and where its story goes', async () => {
  const { message } = await as('dana').say('Export!')
  const sent = await as('dana').click(await form(), { verb: 'ask', inputs: { ...filled, reason: 'why "not"' } })
  const { conversation, id, replyToId } = sent.activity as {
    conversation: { id: string }
    id: string
    replyToId: string
  }
  expect(adapter.heard.forms).toEqual([
    {
      delivery: `teams:${conversation.id}:${replyToId}:form`,
      attempt: `teams:${conversation.id}:${id}`,
      by: dana,
      filled: { operation: 'export', texts: { ...filled, reason: 'why "not"' }, on: ['private-link'] },
      origin: {
        address: inTeams(CHANNELS.data),
        thread: inTeams(`${CHANNELS.data};messageid=${message.id}`, message.id),
      },
    },
  ])
  expect(adapter.heard.commands).toEqual([])
})

test('a word more is a command and opens nothing', async () => {
  for (const text of ['export orders', 'exports', 'help export']) await as('dana').chat(text)
  expect(adapter.heard.commands).toHaveLength(3)
  await told('Recorded as')
  expect(JSON.stringify(written())).not.toContain('"verb":"ask"')
})

test('words that are not for the bot open nothing', async () => {
  await as('dana').say('export', { mention: false })
  await as('dana').chat('help')
  await told('Recorded as')
  expect(JSON.stringify(written())).not.toContain('"verb":"ask"')
})

test('many choices are cut to what a card takes', async () => {
  adapter.answers.choices = (field) =>
    Array.from({ length: 2_000 }, (_, index) => ({ value: `${field}-${index}`, label: `${field} ${index}` }))
  await as('dana').chat('import')
  const text = JSON.stringify((await form()).attachments)
  expect(text).toContain('"database-99"')
  expect(text).not.toContain('"database-1999"')
  expect(Buffer.byteLength(text)).toBeLessThan(28 * 1024)
})

test('whoever cannot get the form is told what to type', async () => {
  adapter.teams.control.fault({ match: { text: '"verb":"ask"' }, action: { status: 403 }, times: 'forever' })
  await as('dana').chat('import')
  expect(JSON.stringify(await told('could not be opened'))).toContain('/import')
  expect(adapter.heard.forms).toEqual([])
})

test('a handler that hangs is given up in time', async () => {
  await as('dana').chat('export')
  adapter.answers.form = () => never
  const { ms, shown } = await as('dana').click(await form(), { verb: 'ask', inputs: filled })
  // Teams' own limit for an invoke.
  expect(ms).toBeLessThan(5_000)
  expect(shown).toMatch(/try again/i)
})

test('a button that is none of ours asks for nothing', async () => {
  await as('dana').chat('export')
  const sent = await as('dana').click(await form(), {
    verb: 'ask',
    inputs: filled,
    change: (activity) => ({ ...activity, value: { action: { type: 'Action.Execute', verb: 'ask', data: {} } } }),
  })
  expect(sent.shown).toContain('not one of Drawbridge’s')
  expect(adapter.heard.forms).toEqual([])
})
