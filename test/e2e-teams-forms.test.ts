import { afterAll, beforeAll, expect, test } from 'vitest'
import { CHANNELS, type Fields, MEETING, PEOPLE, type TeamsMessage } from '../sandbox/teams/index.ts'
import { askedIn, teamsCases } from './support/chats.ts'
import { recordOf } from './support/story.ts'
import { chatOf, chatted, rootsOf, sentenceOf, toldAlone, wordsOf } from './support/teams-story.ts'
import { idIn, startWorld, type World } from './support/world.ts'

/** Nothing is sent to Azure before somebody clicks. */
const asking = { gate: 'submission', requesters: ['anyone'] } as const
const names = ['plain', 'typed', 'twice', 'odd', 'import', 'made', 'old']

let world: World
beforeAll(async () => {
  const cases = Object.fromEntries(names.map((name) => [name, asking]))
  world = await startWorld(teamsCases({ ...cases, closed: { ...asking, requesters: [PEOPLE.sam] } }))
  await Promise.all([world.start('bot'), world.start('worker')])
})
afterAll(() => world.close())

test('a form that is asked for in a channel ends in the same request as the typed command', async () => {
  const dana = world.teams.as('dana')
  const { form, message } = await formFor('dana', 'export', { in: askedIn('plain') })
  const inputs = { database: 'plain', storage: 'plain', container: 'bacpacs', blob: 'weekly/stem', reason: 'it’s due' }
  const sent = await dana.click(form, { verb: 'ask', inputs })
  expect({ status: sent.status, notice: sent.notice }).toEqual({ status: 200, notice: undefined })
  expect(JSON.stringify(sent.card)).toContain('Recorded as')
  const { id, request } = await recorded(JSON.stringify(sent.card))
  const text = 'export typed to typed/bacpacs --blob weekly/stem --reason "it’s due"'
  await dana.say(text, { in: askedIn('typed') })
  const { request: other } = await recorded(wordsOf(await toldAlone(world, 'dana', 'export of typed to typed')))
  expect(same(request)).toEqual(same(other))
  const root = await world.teams.until(() => rootsOf(world, id)[0], 30_000)
  expect({ where: root.conversation, below: root.rootId }).toEqual({ where: askedIn('plain'), below: message.id })
  // The form is gone for good.
  await world.teams.until(() => wordsOf(form).includes(`Recorded as ${id}`), 30_000)
  expect(JSON.stringify(form.attachments)).not.toContain('Input.')
})

test('a form that is sent twice asks once', async () => {
  const { form } = await formFor('dana', '/import', { in: askedIn('twice'), targeted: true })
  const inputs = { database: 'twice', storage: 'twice', blob: 'a.bacpac' }
  const dana = world.teams.as('dana')
  const [first, second] = await Promise.all([
    dana.click(form, { verb: 'ask', inputs, edit: 0, replay: 'together' }),
    dana.click(form, { verb: 'ask', inputs, edit: 0 }),
  ])
  const answers = [first.delivery.body, first.delivery.replay?.body ?? '', second.delivery.body]
  expect(new Set(await Promise.all(answers.map(async (answer) => (await recorded(answer)).id))).size).toBe(1)
})

test('keeps quotes and odd characters; a no is said, and the form is taken once it is corrected', async () => {
  const dana = world.teams.as('dana')
  const { form } = await formFor('dana', 'export')
  const names = { database: 'odd', storage: 'odd', 'private-link': 'false' }
  const secret = await dana.click(form, { verb: 'ask', inputs: { ...names, reason: 'AccountKey=hunter2hunter2' } })
  expect(sentenceOf(secret)).toContain('looks like a key')
  const wrong = await dana.click(form, { verb: 'ask', inputs: { ...names, container: 'No' } })
  expect(sentenceOf(wrong)).toContain('No is no container')
  const reason = '"first" then --dry-run, <b> & `code` *x* to me'
  const sent = await dana.click(form, { verb: 'ask', inputs: { ...names, reason } })
  const { request } = await recorded(JSON.stringify(sent.card))
  expect(request).toMatchObject({ reason, privateLink: false })
  expect(request.origin.address).toBe(request.by)
  expect(world.output()).not.toContain('hunter2')
})

test('an import makes a new database on a server of the catalogue', async () => {
  const dana = world.teams.as('dana')
  const { form } = await formFor('dana', 'import')
  const tier = { edition: 'Standard', objective: 'S3', 'max-size': '250GB', redundancy: 'Zone' }
  const inputs = { storage: 'made', blob: 'w/made.bacpac', ...tier }
  const lone = await dana.click(form, { verb: 'ask', inputs: { ...inputs, database: 'made' } })
  expect(sentenceOf(lone)).toContain('--create')
  const other = { ...inputs, create: 'true', 'other-database': 'sql-made/made' }
  const sent = await dana.click(form, { verb: 'ask', inputs: other })
  const { request } = await recorded(JSON.stringify(sent.card))
  expect(request).toMatchObject({
    operation: 'import',
    database: { alias: 'made' },
    storage: { container: 'bacpacs', blob: 'w/made.bacpac' },
    create: { edition: 'Standard', objective: 'S3', maxSizeBytes: 250 * 2 ** 30, redundancy: 'Zone' },
  })
})

test('a client that knows no Action.Execute asks by a message, once', async () => {
  const { form } = await formFor('dana', 'export')
  const inputs = { database: 'old', storage: 'old' }
  const from = chatOf(world, 'dana').length
  const sent = await world.teams.as('dana').click(form, { title: 'Ask', as: 'submit', inputs })
  expect(sent.status).toBe(200)
  const told = await toldAlone(world, 'dana', 'export of old to old', from)
  const { id } = await recorded(wordsOf(told))
  const again = await world.teams.as('dana').click(form, { verb: 'ask', inputs })
  expect((await recorded(again.delivery.body)).id).toBe(id)
})

test('offers what a rule lets the person ask for, and nobody gets a form with nothing to choose', async () => {
  const { form } = await formFor('dana', 'export')
  const { form: sams } = await formFor('sam', 'export')
  const databasesOf = ({ attachments }: TeamsMessage) => JSON.stringify(attachments).match(/sql-\w+\/\w+/g)
  expect(databasesOf(form)).toContain('sql-plain/plain')
  expect(databasesOf(form)).not.toContain('sql-closed/closed')
  expect(databasesOf(sams)).toContain('sql-closed/closed')
  expect(await chatted(world, 'guest', 'export')).toContain('Which database?')
})

test.each([
  ['rio', 'a channel without the bot', CHANNELS.secret],
  ['lee', 'a chat of others', MEETING],
])('the story goes only where the sender is: %s, %s', async (by, _, conversation) => {
  const { form } = await formFor(by, 'import')
  const inputs = { database: 'import', storage: 'import', blob: 'a.bacpac' }
  const change = (activity: Fields): Fields => {
    const { action } = activity.value as { action: { data: object } }
    Object.assign(action.data, { conversation })
    return activity
  }
  const forged = await world.teams.as(by).click(form, { verb: 'ask', inputs, change })
  expect(sentenceOf(forged)).toContain('You are not in the conversation')
})

/** Asks for a form with words; the form in the personal chat, and the words. */
async function formFor(by: string, text: string, options?: { in: string; targeted?: boolean }) {
  const from = chatOf(world, by).length
  const person = world.teams.as(by)
  const said = await (options ? person.say(text, options) : person.chat(text))
  expect(said.delivery?.status).toBe(200)
  const own = `"form":"${text.replace('/', '')}"`
  const isForm = ({ attachments }: TeamsMessage): boolean => JSON.stringify(attachments).includes(own)
  const form = await world.teams.until(() => chatOf(world, by).slice(from).find(isForm), 30_000)
  return { form, message: said.message }
}

async function recorded(answer: string) {
  const id = idIn(/Recorded as \**(\w{8})/.exec(answer)?.[1] ?? answer)
  const stored = await recordOf(world, id)
  if (!stored) throw new Error(`there is no transfer ${id}`)
  return { id, request: stored.transfer.request }
}

/** A request without what differs between two cases of this world. */
function same(recording: Awaited<ReturnType<typeof recorded>>['request']) {
  const { at: _at, origin: _origin, database: _database, storage, ...request } = recording
  return { ...request, container: storage.container, blob: storage.blob.replace(/-\d{8}-\d{6}-\w{8}\.bacpac$/, '') }
}
