import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SlackMessage } from '../sandbox/slack/index.ts'
import { checkExchange } from './support/azure-spec.ts'
import { casesWorld } from './support/cases.ts'
import { approve, cardOf, eventually, inStatus, recordOf, replies, reply, told } from './support/story.ts'
import { idIn, messagesOf, startWorld, textOf, type World } from './support/world.ts'

/** Nothing is sent to Azure before somebody clicks, so that these stay open and cost nothing. */
const asking = { gate: 'submission', requesters: ['anyone'] } as const
const ways = ['slash', 'mention', 'threaded', 'direct', 'private', 'guarded']

/** What people type for `export <name> to <name> --blob weekly/stem --reason "it’s due"`. */
const typed: readonly ((name: string) => string)[] = [
  (name) => `${name} to ${name} --blob weekly/stem --reason "it’s due"`,
  (name) => `${name} to ${name} —blob weekly/stem —reason “it’s due”`,
  (name) => `${name} to ${name} – –blob weekly/stem ––reason=„it’s due“`,
  (name) => `${name}\u00a0to\u00a0${name}\u00a0--blob\u00a0weekly/stem --reason «it’s due»`,
  (name) => `  ${name.toUpperCase()}   TO  \`${name}\`  --reason "it’s due" --blob "weekly/stem". `,
  (name) => `"${name}" into “${name}/bacpacs/weekly/stem” --reason it’s due`,
  (name) => `${name} to ${name}/bacpacs/weekly/stem.bacpac, --reason "it’s due"!`,
  (name) => `sql-${name}/${name} to ${name} --blob weekly/stem --reason "it’s due"`,
]

/** The same in a message, where Slack makes links of addresses and the bot is mentioned. */
const said: readonly ((name: string) => string)[] = [
  (name) => `please export sql-${name}.database.windows.net/${name} to ${name} --blob weekly/stem --reason "it’s due"`,
  (name) => `Export ${name} to ${name} --blob weekly/stem --reason “it’s due”.`,
  (name) => `: /export ${name} to ${name} — blob weekly/stem — reason “it’s due”`,
]

let world: World
const opened = new Map<string, string>()
beforeAll(async () => {
  const forms = [...typed.map((_, index) => `typed${index}`), ...said.map((_, index) => `said${index}`)]
  const cases = Object.fromEntries([...ways, ...forms, 'named', 'first'].map((name) => [name, asking]))
  world = await startWorld({
    ...casesWorld({ ...cases, later: { ...asking, requesters: ['U0DANA'] } }, { slack: { rateLimits: 'off' } }),
  })
  await world.start('all')
})
afterAll(() => world.close())

describe('a request', () => {
  test('by slash command has its root in the channel and its story below', async () => {
    const { ack } = await world.slack.as('U0DANA').command('/export', 'slash to slash', { channel: 'C0PUBLIC' })
    expect(ack.ephemeral?.to).toBe('U0DANA')
    const [root, first] = await storyOf(idIn(ack.text))
    expect(root).toMatchObject({ channel: 'C0PUBLIC' })
    expect(root.threadTs).toBeUndefined()
    expect(first).toMatchObject({ channel: 'C0PUBLIC', threadTs: root.ts })
  })

  test('by a mention in a channel has its story in the thread of the mention', async () => {
    const { message } = await world.slack.as('U0DANA').mention('export mention to mention')
    const answer = await answerTo('U0DANA', 'export of mention')
    expect(answer.channel).toBe('C0DATA')
    for (const each of await storyOf(idIn(answer.text))) expect(each.threadTs).toBe(message.ts)
  })

  test('by a mention in a thread has its story in that thread, and its answer too', async () => {
    const { slack } = world
    const head = await slack.as('U0RIO').say('can somebody move it?')
    await slack.as('U0DANA').mention('export threaded to threaded', { thread: head.message.ts })
    const answer = await answerTo('U0DANA', 'export of threaded')
    expect(answer.threadTs).toBe(head.message.ts)
    for (const each of await storyOf(idIn(answer.text))) expect(each.threadTs).toBe(head.message.ts)
  })

  test('by direct message has its story below the message', async () => {
    const { message } = await world.slack.as('U0DANA').dm('export direct to direct')
    const answer = await eventually(() =>
      world.slack.state.messages.find(({ text, channel }) => channel === message.channel && /Recorded/.test(text)),
    )
    for (const each of await storyOf(idIn(answer.text))) expect(each.threadTs).toBe(message.ts)
  })

  test('where the bot may not post has its story in a direct message that says so', async () => {
    const { slack } = world
    const { ack } = await slack.as('U0DANA').command('/export', 'private to private', { channel: 'G0PRIVATE' })
    const [root, first] = await storyOf(idIn(ack.text))
    expect(slack.state.channels.find(({ id }) => id === root.channel)).toMatchObject({ kind: 'im', user: 'U0DANA' })
    expect(textOf(root)).toContain('can’t post in <#G0PRIVATE>')
    expect(textOf(root)).toContain('Invite it there')
    expect(first.threadTs).toBe(root.ts)
  })
})

describe('what people type', () => {
  test.each(typed.map((form, index) => [form('db'), `typed${index}`, form] as const))('%s', async (_, name, form) => {
    const { ack } = await world.slack.as('U0DANA').command('/export', form(name))
    await expectRequest(idIn(ack.text), name)
  })

  test.each(said.map((form, index) => [form('db'), `said${index}`, form] as const))('@… %s', async (_, name, form) => {
    await world.slack.as('U0DANA').mention(form(name))
    await expectRequest(idIn((await answerTo('U0DANA', `export of ${name}`)).text), name)
  })

  test('keeps the names of people and channels that Slack made ids of', async () => {
    const text = 'named to #named --reason "@sam asked for it in #data"'
    const { ack } = await world.slack.as('U0DANA').command('/export', text, { shouldEscape: true })
    const { transfer } = await recorded(idIn(ack.text))
    expect(transfer.request.reason).toBe('@sam asked for it in #data')
  })
})

describe('answers that change nothing', () => {
  test('help, list and status are for the asker alone', async () => {
    const id = await open('later')
    const messages = world.slack.state.messages.length
    const help = await told(world, 'U0RIO', 'help')
    for (const form of ['/export', 'status', 'list', 'cancel', 'settle', 'Databases: ', 'Storage: ']) {
      expect(help).toContain(form)
    }
    expect(await told(world, 'U0DANA', 'list')).toContain(id)
    const status = await told(world, 'U0DANA', `status ${id}`)
    for (const part of [id, 'Waiting for approval', '<@U0DANA>', 'Next: 1 approval on the card', 'https://']) {
      expect(status).toContain(part)
    }
    expect(world.slack.state.messages).toHaveLength(messages)
  })

  test('a transfer does not exist for those whom it does not concern', async () => {
    const id = await open('later')
    const unknown = (await told(world, 'U0RIO', 'status k3v9x2mq')).replace('k3v9x2mq', id)
    for (const by of ['U0RIO', 'U0GUEST', 'U0STRANGER']) {
      expect(await told(world, by, `status ${id}`)).toBe(unknown)
      expect(await told(world, by, `cancel ${id}`)).toBe(unknown)
      expect(await told(world, by, 'list')).not.toContain(id)
    }
    for (const by of ['U0SAM', 'U0OPS', 'U0AUD']) expect(await told(world, by, `status ${id}`)).toContain('Waiting')
    expect(await told(world, 'U0AUD', `cancel ${id}`)).toContain('Only the requester, the approvers and the operators')
    expect(await told(world, 'U0DANA', `settle ${id} not-running`)).toContain('Only operators')
    expect(await told(world, 'U0OPS', `settle ${id} not-running`)).toContain('needs no settling')
  })

  test('a second request for the database gets the link of the first one', async () => {
    const first = await open('guarded')
    const { transfer, chat } = await recorded(first)
    const answer = await told(world, 'U0SAM', 'guarded to guarded', '/export')
    expect(answer).toContain(`<${chat.slots.root?.link}|${first}>`)
    expect(answer).toContain('Wait until it has ended')
    const { status, request } = (await recorded(first)).transfer
    expect({ status, request }).toEqual({ status: 'awaiting_approval', request: transfer.request })
  })
})

test('cancelled before anything was sent, it ends at once and says so', async () => {
  const id = await open('later')
  const posts = world.azure.state.requests.filter(({ name }) => name === 'export').length
  expect(await told(world, 'U0DANA', `cancel ${id} wrong one`)).toContain('Nothing has been sent to Azure')
  await inStatus(world, id, 'cancelled')
  const last = textOf(await reply(world, id, 'was cancelled'))
  for (const part of ['<@U0DANA>', '“wrong one”', 'Nothing was sent to Azure', '/export later to later']) {
    expect(last).toContain(part)
  }
  await eventually(() => textOf(messagesOf(world.slack, id, 'root')[0]).includes('Cancelled'))
  expect(textOf(messagesOf(world.slack, id, 'root')[0])).not.toContain('Next:')
  expect(world.azure.state.requests.filter(({ name }) => name === 'export')).toHaveLength(posts)
})

test('with gate submission, one yes before anything is sent covers the connections afterwards', async () => {
  const id = await open('first')
  const card = await cardOf(world, id)
  expect(textOf(card)).toContain('Nothing has been sent to Azure')
  expect(world.azure.state.operations.filter(({ database }) => database === 'first')).toEqual([])
  expect(await approve(world, card)).toContain('Your yes is recorded (1 of 1)')
  await inStatus(world, id, 'succeeded')
  const blob = world.azure.state.blobs.find(({ name }) => name.endsWith(`-${id}.bacpac`))
  await reply(world, id, blob?.name ?? 'no blob')
  expect(replies(world, id).filter(({ text }) => text.includes('are asked'))).toHaveLength(1)
  expect(messagesOf(world.slack, id, 'card')).toHaveLength(1)
})

test('every request and every answer is as the specification has it', () => {
  expect(world.azure.state.requests.flatMap(checkExchange)).toEqual([])
})

/** The open transfer of a case; asked for when there is none yet. */
async function open(name: string): Promise<string> {
  const known = opened.get(name)
  if (known !== undefined) return known
  const { ack } = await world.slack.as('U0DANA').command('/export', `${name} to ${name}`)
  const id = idIn(ack.text)
  opened.set(name, id)
  await inStatus(world, id, 'awaiting_approval')
  await storyOf(id)
  return id
}

async function expectRequest(id: string, name: string): Promise<void> {
  const { request } = (await recorded(id)).transfer
  expect(request).toMatchObject({
    operation: 'export',
    privateLink: true,
    reason: 'it’s due',
    by: 'slack:T0SANDBOX/U0DANA',
    database: { database: name, server: `sql-${name}` },
    storage: { alias: name, container: 'bacpacs' },
  })
  expect(request.storage.blob).toMatch(new RegExp(`^weekly/stem-\\d{8}-\\d{6}-${id}\\.bacpac$`))
}

async function recorded(id: string) {
  const stored = await recordOf(world, id)
  if (!stored) throw new Error(`there is no transfer ${id}`)
  return stored
}

/** The root and the first reply. */
function storyOf(id: string): Promise<readonly [SlackMessage, SlackMessage]> {
  return eventually(() => {
    const [root] = messagesOf(world.slack, id, 'root')
    const [first] = replies(world, id)
    return root && first && ([root, first] as const)
  })
}

function answerTo(user: string, says: string) {
  return eventually(() => world.slack.state.ephemerals.find(({ to, text }) => to === user && text.includes(says)))
}
