import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type SlackSandbox, type SlackSandboxOptions, startSlackSandbox } from '../sandbox/slack/index.ts'
import { createChats, type Drawn } from '../src/bot/chats.ts'
import { createDirectories } from '../src/bot/directories.ts'
import { createLocalWords } from '../src/bot/local-words.ts'
import { createSlackChat } from '../src/bot/slack-chat.ts'
import { createSlackDirectory } from '../src/bot/slack-directory.ts'
import { PermanentError, TransientError } from '../src/transfer/errors.ts'
import type { Chat, Drawing } from '../src/transfer/ports.ts'
import { transferOf } from './support/transfers.ts'

const logged: string[] = []
const note = (fields: object, message: string) => void logged.push(`${message} ${JSON.stringify(fields)}`)
const log = { info: note, warn: note, error: note }
const mark = { transfer: 'k3v9', slot: 'root' }
const data = { address: 'slack:T0SANDBOX/C0DATA' }

let slack: SlackSandbox
let chat: Chat

beforeEach(() => begin())
afterEach(() => slack.close())

async function begin(options: SlackSandboxOptions = {}): Promise<void> {
  logged.length = 0
  await slack?.close()
  slack = await startSlackSandbox({ echoOwnDms: false, ...options })
  const access = { slack: { team: slack.teamId, apiUrl: slack.apiUrl }, botToken: slack.botToken, log }
  const directory = createDirectories({ slack: createSlackDirectory(access) })
  const words = createLocalWords('slack', [], directory, 'patient')
  const policy = { catalogue: { databases: [], storage: [] }, rules: [], operators: [], auditors: [], people: [] }
  chat = createChats({ sides: { slack: createSlackChat({ ...access, words }) }, directory, policy })
}

function drawing(text: string): Drawing {
  const body: Drawn = { view: { text: [text], blocks: [{ kind: 'lines', lines: [[text]] }] } }
  return { hash: text, quietHash: text, body }
}

const calls = (method: string) => slack.state.calls.filter((call) => call.method === method)
const tsOf = (ref: string) => ref.split('/').at(-1) ?? ''
const said = (ref: string) => slack.state.messages.find(({ ts }) => ts === tsOf(ref))

describe('a message', () => {
  test('is posted with its text, its mark and no previews, and has a link', async () => {
    const { ref, link } = await chat.post(data, drawing('Export of orders'), mark)
    expect(ref).toBe(`slack:T0SANDBOX/C0DATA/${tsOf(ref)}`)
    expect(link).toBe(`https://sandbox.slack.com/archives/C0DATA/p${tsOf(ref).replace('.', '')}`)
    expect(said(ref)).toMatchObject({
      text: 'Export of orders',
      metadata: { event_type: 'drawbridge_message', event_payload: mark },
    })
    expect(String(calls('chat.postMessage')[0]?.args.unfurl_links)).toBe('false')
  })

  test('goes below the message that names the thread', async () => {
    const { ref: root } = await chat.post(data, drawing('root'), mark)
    const { ref } = await chat.post({ ...data, thread: root }, drawing('reply'), { ...mark, slot: 'reply:0' })
    expect(said(ref)?.threadTs).toBe(tsOf(root))
  })

  test('reaches a person in their direct message, which is opened once', async () => {
    const to = { address: 'slack:T0SANDBOX/U0SAM' }
    const { ref } = await chat.post(to, drawing('one'), mark)
    await chat.post(to, drawing('two'), mark)
    const [, channel] = ref.split('/')
    expect(slack.state.channels.find(({ id }) => id === channel)).toMatchObject({ kind: 'im', user: 'U0SAM' })
    expect(calls('conversations.open')).toHaveLength(1)
    await chat.post({ ...to, thread: ref }, drawing('three'), mark)
    expect(slack.state.messages.at(-1)).toMatchObject({ channel, threadTs: tsOf(ref) })
  })

  test('is posted all the same when Slack does not name its link', async () => {
    slack.control.fault({ match: { method: 'chat.getPermalink' }, action: { hang: 'forever' } })
    const posted = await chat.post(data, drawing('hello'), mark)
    expect(posted).toEqual({ ref: expect.stringContaining('C0DATA') })
  })

  test('is edited in place, and taken away', async () => {
    const { ref } = await chat.post(data, drawing('one'), mark)
    await chat.update(ref, drawing('two'))
    expect(said(ref)).toMatchObject({ text: 'two', metadata: { event_payload: mark } })
    await chat.remove(ref)
    expect(said(ref)?.deleted).toBe(true)
    await chat.remove(ref)
  })

  test.each([
    ['of an alphabet of three bytes', '漢'.repeat(2500)],
    ['of signs that are escaped', '&<>'.repeat(400)],
    ['of signs of four bytes', '😀'.repeat(1400)],
  ])('is edited also with much text %s, as comments may be', async (_, text) => {
    const { ref } = await chat.post(data, drawing('first'), mark)
    await chat.update(ref, drawing(text))
    expect(said(ref)?.edits).toHaveLength(2)
  })

  test('is never posted a second time by a repeat of ours', async () => {
    slack.control.fault({ match: { method: 'chat.postMessage' }, action: 'accept-then-status' })
    await expect(chat.post(data, drawing('once'), mark)).rejects.toBeInstanceOf(TransientError)
    expect(slack.state.messages).toHaveLength(1)
    expect(calls('chat.postMessage')).toHaveLength(1)
  })

  test('that was drawn from a record is one that Slack takes', async () => {
    const drawn = chat.draw(transferOf('k3v9x2mq'), { kind: 'root', key: 'root' }, 1_750_000_000_000)
    const { ref } = await chat.post(data, drawn, mark)
    expect(said(ref)?.text).not.toBe('')
    expect(said(ref)?.blocks.length).toBeGreaterThan(0)
  })
})

describe('looking for a message by its mark', () => {
  const since = () => Date.now()

  test('finds it in the channel, below a thread, and in a direct message', async () => {
    const root = await chat.post(data, drawing('root'), mark)
    const below = { ...data, thread: root.ref }
    const reply = await chat.post(below, drawing('reply'), { ...mark, slot: 'reply:0' })
    const person = { address: 'slack:T0SANDBOX/U0SAM' }
    const direct = await chat.post(person, drawing('card'), { ...mark, slot: 'card' })
    expect(await chat.find(data, mark, since())).toBe(root.ref)
    expect(await chat.find(below, { ...mark, slot: 'reply:0' }, since())).toBe(reply.ref)
    expect(await chat.find(person, { ...mark, slot: 'card' }, since())).toBe(direct.ref)
  })

  test('finds it when it was posted and the answer got lost', async () => {
    slack.control.fault({ match: { method: 'chat.postMessage' }, action: 'accept-then-reset' })
    const before = since()
    await expect(chat.post(data, drawing('lost'), mark)).rejects.toBeInstanceOf(TransientError)
    expect(await chat.find(data, mark, before)).toBe(`slack:T0SANDBOX/C0DATA/${slack.state.messages[0]?.ts}`)
  })

  test('takes neither another slot, nor another transfer, nor an older message for it', async () => {
    await chat.post(data, drawing('root'), mark)
    expect(await chat.find(data, { ...mark, slot: 'card' }, since())).toBe('absent')
    expect(await chat.find(data, { ...mark, transfer: 'other' }, since())).toBe('absent')
    expect(await chat.find(data, mark, since() + 120_000)).toBe('absent')
  })

  test('takes no message of somebody else for ours, whatever its mark says', async () => {
    const { ref } = await chat.post(data, drawing('root'), mark)
    Object.assign(said(ref) ?? {}, { user: 'U0RIO', botId: 'B0FOREIGN' })
    expect(await chat.find(data, mark, since())).toBe('absent')
  })

  test('reads on over pages', async () => {
    const { ref } = await chat.post(data, drawing('root'), mark)
    for (let n = 0; n < 250; n += 1) await slack.as('U0SAM').say(`chatter ${n}`)
    expect(await chat.find(data, mark, since())).toBe(ref)
  })

  test('proves nothing when there is more than it reads', async () => {
    for (let n = 0; n < 1_001; n += 1) await slack.as('U0SAM').say(`chatter ${n}`)
    expect(await chat.find(data, mark, since())).toBe('unreadable')
  })

  test('says so where the history is closed to us', async () => {
    expect(await chat.find({ address: 'slack:T0SANDBOX/C0PUBLIC' }, mark, since())).toBe('unreadable')
    expect(await chat.find({ address: 'slack:T0SANDBOX/G0PRIVATE' }, mark, since())).toBe('unreadable')
    await begin({ historyScope: false })
    expect(await chat.find(data, mark, since())).toBe('unreadable')
  })

  test('finds nothing below a thread that is gone', async () => {
    const thread = 'slack:T0SANDBOX/C0DATA/1.000001'
    expect(await chat.find({ ...data, thread }, mark, since())).toBe('absent')
  })
})

describe('what Slack refuses', () => {
  test.each([
    ...['ratelimited', 'internal_error', 'fatal_error', 'service_unavailable', 'request_timeout', 'team_added_to_org'],
    ...['invalid_auth', 'not_authed', 'token_revoked', 'account_inactive'],
  ])('%s is worth another try', async (error) => {
    slack.control.fault({ match: { method: 'chat.postMessage' }, action: { error } })
    const refused = chat.post(data, drawing('x'), mark)
    await expect(refused).rejects.toMatchObject({ name: 'TransientError', fault: { code: error } })
  })

  test.each([
    ...['not_in_channel', 'channel_not_found', 'is_archived', 'missing_scope', 'invalid_blocks', 'msg_too_long'],
    ...['restricted_action', 'cannot_dm_bot', 'user_disabled', 'message_not_found', 'cant_update_message'],
    ...['edit_window_closed', 'something_new'],
  ])('%s is for good', async (error) => {
    slack.control.fault({ match: { method: 'chat.update' }, action: { error } })
    const refused = chat.update('slack:T0SANDBOX/C0DATA/1.1', drawing('x'))
    await expect(refused).rejects.toMatchObject({ name: 'PermanentError', fault: { code: error } })
    await expect(refused).rejects.toBeInstanceOf(PermanentError)
  })

  test.each([
    ['a server error', { status: 503, body: 'upstream' }, 'http_503'],
    ['a page of a proxy', { status: 200, body: '<html>Sign in to the proxy, please</html>' }, 'unreadable_answer'],
    ['a cut connection', 'reset', expect.stringMatching(/^\w+$/)],
  ] as const)('%s is worth another try', async (_what, action, code) => {
    slack.control.fault({ match: { method: 'chat.postMessage' }, action })
    const refused = chat.post(data, drawing('x'), mark)
    await expect(refused).rejects.toMatchObject({ name: 'TransientError', fault: { code } })
  })

  test('too many requests are told with the time that Slack wants', async () => {
    const headers = { 'retry-after': '7' }
    slack.control.fault({ match: { method: 'chat.postMessage' }, action: { status: 429, headers } })
    const refused = chat.post(data, drawing('x'), mark)
    await expect(refused).rejects.toMatchObject({ fault: { code: 'ratelimited' }, retryAfter: 7_000 })
    expect(calls('chat.postMessage')).toHaveLength(1)
  })

  test('Slack that is down is worth another try', async () => {
    await slack.control.down()
    await expect(chat.post(data, drawing('x'), mark)).rejects.toBeInstanceOf(TransientError)
    await slack.control.up()
  })

  test('an address of another chat is for good', async () => {
    const to = { address: 'teams:T1/19:abc' }
    await expect(chat.post(to, drawing('x'), mark)).rejects.toBeInstanceOf(PermanentError)
  })

  test('no error and no log line carries the token', async () => {
    slack.control.fault({ match: { method: 'chat.postMessage' }, action: { status: 500, body: slack.botToken } })
    const error = await chat.post(data, drawing('x'), mark).catch((thrown: unknown) => thrown)
    expect(JSON.stringify(error) + String(error) + logged.join()).not.toContain(slack.botToken)
  })
})

describe('who gets a card of their own', () => {
  test('everybody who may approve, but not the requester', async () => {
    const transfer = transferOf('k3v9x2mq', { by: 'slack:T0SANDBOX/U0LEE' })
    const stages = [
      { approvers: ['slack:T0SANDBOX/S0DBA'], need: 1 },
      { approvers: ['slack:T0SANDBOX/U0RIO', 'slack:T0SANDBOX/U0SAM'], need: 1 },
    ]
    const people = await chat.approvers({ ...transfer, rule: { ...transfer.rule, stages } })
    expect(people).toEqual(['slack:T0SANDBOX/U0SAM', 'slack:T0SANDBOX/U0RIO'])
  })
})
