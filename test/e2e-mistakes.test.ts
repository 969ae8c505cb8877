import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SlackMessage } from '../sandbox/slack/index.ts'
import { checkExchange } from './support/azure-spec.ts'
import { approve, cardOf, eventually, inStatus, reply, told } from './support/story.ts'
import { type Config, idIn, messagesOf, startWorld, textOf, type World } from './support/world.ts'

const longName = 'a-database-with-a-name-that-nobody-types-twice-in-one-day'
const longest = `archive/${'c'.repeat(63)}`

/** Text after `/export`, and what the asker reads. */
const mistakes: readonly (readonly [text: string, ...says: string[]])[] = [
  ['to backups', 'Which database?', '/export &lt;database&gt; to &lt;storage&gt;'],
  ['orders', 'Where to?', '`/export orders to &lt;storage&gt;`'],
  ['orders backups', 'Where to?', '`/export orders to backups`'],
  ['orders to', 'Which storage?', '`/export orders to &lt;storage&gt;`'],
  ['my orders to backups', 'stands in quotes', '`/export "my orders" to &lt;storage&gt;`'],
  ['orders to backups now', 'what `now` is for', '[--reason "…"]'],
  ['orders to backups --bolb x', 'no option `--bolb`', 'Did you mean `--blob`?'],
  ['orders to backups --blob', 'needs a value', '`--blob weekly/orders`'],
  ['orders to backups --no-private-link=yes', 'takes no value'],
  ['orders to backups/bacpacs/x --blob y', 'named twice', 'Leave one of them out'],
  ['orders to backups --reason a --reason b', 'twice', 'Write it once'],
  ['orders to backups --reason password=abc12345', 'looks like a key, a SAS or a password', 'replace it'],
  ['ordrs to backups', 'no database `ordrs`', 'Did you mean `orders`?', 'customers'],
  ['orders to bakcups', 'no storage `bakcups`', 'Did you mean `backups`?'],
  ['ledger to backups', 'More than one database', 'ledger-one (sql-prod/ledger)', 'ledger-two (sql-test/ledger)'],
  ['orders to stbackups', 'More than one storage', 'backups, nightly', 'add the container'],
  ['orders to archive/Yearly', 'only lower-case letters'],
  ['orders to archive/$logs', 'belong to Azure'],
  ['orders to archive/a--b', 'two hyphens in a row'],
  ['orders to archive/ab', '3 to 63 characters'],
  ['orders to backups --blob "my file"', 'no blob name', '(here: `space`)'],
  ['orders to backups --blob 50%', 'no blob name', '(here: `%`)'],
  ['orders to backups --blob a//b', 'a part of it is empty'],
  ['orders to backups --blob ../x', 'may not hold the parts'],
  ['orders to backups --blob x./y', 'no part may end in a dot'],
  [`orders to backups --blob ${'y'.repeat(100)}`, 'has 100 characters, and 47 fit', 'Shorten the name'],
  [`orders to backups --blob ${'z/'.repeat(60)}`, 'longer than the 127 that Azure takes', 'a shorter folder'],
  [`${longName} to ${longest} --blob weekly/`, 'longer than the 127', 'a container with a shorter name'],
  ['unruly to backups', 'No rule allows to move `unruly` to `backups`', 'Ask an operator for a rule'],
]

let world: World
beforeAll(async () => {
  world = await startWorld({ slack: { rateLimits: 'off' }, config })
  await world.start('all')
})
afterAll(() => world.close())

describe('a mistake', () => {
  test.each(mistakes)('/export %s', async (text, ...says) => {
    const { slack } = world
    const messages = slack.state.messages.length
    const { ack } = await slack.as('U0DANA').command('/export', text)
    for (const part of says) expect(ack.text).toContain(part)
    expect(ack.ephemeral).toMatchObject({ to: 'U0DANA', via: 'ack' })
    expect(slack.state.messages).toHaveLength(messages)
  })

  test.each([
    ['U0GUEST', 'Guests can neither ask nor decide'],
    ['U0STRANGER', 'Only members of this workspace'],
    ['U0RIO', 'not among those who may ask for this (rule `production`)'],
  ])('is asking without the right to: %s', async (by, says) => {
    expect(await told(world, by, 'orders to backups', '/export')).toContain(says)
  })

  test('in a mention is answered to the one person, in the thread', async () => {
    const { slack } = world
    const head = await slack.as('U0RIO').say('and now?')
    await slack.as('U0DANA').mention('exprt orders to backups', { thread: head.message.ts })
    const answer = await eventually(() => slack.state.ephemerals.find(({ text }) => text.includes('`exprt`')))
    expect(answer).toMatchObject({ to: 'U0DANA', threadTs: head.message.ts, via: 'chat.postEphemeral' })
    expect(answer.text).toContain('Did you mean `export`?')
  })

  test('in a direct message is answered there', async () => {
    const { message } = await world.slack.as('U0DANA').dm('status 17')
    const answer = await eventually(() => world.slack.state.messages.find(({ text }) => text.includes('`17`')))
    expect(answer.channel).toBe(message.channel)
    expect(answer.text).toContain('no transfer id')
  })

  test('reaches neither Azure nor the records', async () => {
    expect(world.azure.state.requests).toEqual([])
    expect(await told(world, 'U0OPS', 'list')).toContain('no transfer that you can see')
  })

  test('that holds a secret is kept nowhere', async () => {
    const places = [world.output(), await world.redis.aofContents(), JSON.stringify(world.slack.state.ephemerals)]
    expect(places.filter((text) => text.includes('abc12345'))).toEqual([])
  })
})

describe('without private link', () => {
  test('somebody is asked before anything is sent, and no connection is made', async () => {
    const { azure, slack } = world
    const { ack } = await slack.as('U0DANA').command('/export', 'orders-test to backups --no-private-link')
    const id = idIn(ack.text)
    const card = await cardOf(world, id)
    expect(textOf(card)).toContain('*Without Private Link*')
    expect(textOf(card)).toContain('A yes sends the export')
    const cards = await eventually(() => {
      const all = messagesOf(slack, id, 'card')
      return all.length === 2 && all
    })
    expect(cards.map(personOf).sort()).toEqual(['U0LEE', 'U0SAM'])
    expect(azure.state.requests.filter(({ name }) => name === 'export')).toEqual([])
    await approve(world, card, personOf(card))
    await inStatus(world, id, 'succeeded')
    const [post, ...more] = azure.state.requests.filter(({ name }) => name === 'export')
    expect(more).toEqual([])
    expect(post?.requestBody).not.toHaveProperty('networkIsolation')
    expect(azure.state.connections.filter(({ operationId }) => operationId !== null)).toEqual([])
    expect(textOf(await reply(world, id, 'has finished'))).toContain(`-${id}.bacpac`)
  })

  test('a server that nobody else may reach is refused before anybody is asked, with what to do', async () => {
    const { ack } = await world.slack.as('U0DANA').command('/export', 'orders to backups --no-private-link')
    const id = idIn(ack.text)
    await inStatus(world, id, 'refused')
    const last = textOf(await reply(world, id, 'was refused'))
    expect(last).toContain('`sql-prod` takes no public connections, which a job without Private Link needs')
    expect(last).toContain('`sql-prod` has “Allow Azure services” off')
    expect(last).toContain('Leave `--no-private-link` out.')
    expect(last).toContain('Nothing was sent to Azure.')
    expect(messagesOf(world.slack, id, 'card')).toEqual([])
    const ofServer = world.azure.state.requests.filter(({ path }) => path.includes('/sql-prod/'))
    expect(ofServer.filter(({ method }) => method !== 'GET')).toEqual([])
  })
})

test('no more than the rule’s number of transfers may be open at a time', async () => {
  for (const name of ['orders', 'customers', 'orders-test']) {
    const answer = await told(world, 'U0DANA', `${name} to archive`, '/export')
    expect(answer).toContain('Recorded as')
  }
  const records = await told(world, 'U0OPS', 'list')
  const answer = await told(world, 'U0DANA', `${longName} to archive`, '/export')
  expect(answer).toContain('You have 3 open transfers')
  expect(answer).toContain('`/drawbridge list` shows them')
  expect((await told(world, 'U0OPS', 'list')).split('\n')).toHaveLength(records.split('\n').length)
})

test('every request and every answer is as the specification has it', () => {
  expect(world.azure.state.requests.flatMap(checkExchange)).toEqual([])
})

/** Whose direct message it is. */
function personOf({ channel }: SlackMessage): string {
  return world.slack.state.channels.find(({ id }) => id === channel)?.user ?? ''
}

function config(file: Config): void {
  const { orders } = file.databases
  const on = (server: string, name: string): string => orders.replace('sql-prod', server).replace(/orders$/, name)
  file.databases['ledger-one'] = on('sql-prod', 'ledger')
  file.databases['ledger-two'] = on('sql-test', 'ledger')
  file.databases.unruly = on('sql-prod', 'unruly')
  file.databases[longName] = on('sql-prod', longName)
  file.rules[0].when.database.push(longName, 'ledger-*')
}
