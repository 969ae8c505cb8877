import { type ConversationsHistoryResponse, LogLevel, type WebAPICallResult, WebClient } from '@slack/web-api'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { renderMessage, type SlackSandbox, startSlackSandbox } from '../sandbox/slack/index.ts'

const silent = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  setLevel() {},
  getLevel: () => LogLevel.ERROR,
  setName() {},
}
let slack: SlackSandbox
let now: number
let web: WebClient

beforeEach(async () => {
  now = Date.now()
  slack = await startSlackSandbox({ now: () => now })
  web = client()
})
afterEach(() => slack.close())

function client(token = slack.botToken): WebClient {
  return new WebClient(token, {
    slackApiUrl: slack.apiUrl,
    logger: silent,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
  })
}

/** The platform error of a call that must fail. */
async function errorOf(call: Promise<WebAPICallResult>): Promise<string> {
  return call.then(
    () => 'none',
    (error: { data?: { error: string }; code: string }) => error.data?.error ?? error.code,
  )
}

const button = (text: string, value = 'v') => ({
  type: 'button' as const,
  text: { type: 'plain_text' as const, text },
  action_id: text,
  value,
})

describe('messages', () => {
  test('are posted, edited and deleted by the bot, and every version is kept', async () => {
    const posted = await web.chat.postMessage({ channel: 'C0DATA', text: 'one', blocks: [{ type: 'divider' }] })
    const ts = posted.ts ?? ''
    await web.chat.update({ channel: 'C0DATA', ts, text: 'two' })
    expect(slack.state.messages[0]?.blocks).toHaveLength(1)
    await web.chat.update({ channel: 'C0DATA', ts, text: 'three', blocks: [] })
    expect(slack.state.messages[0]?.edits.map((edit) => [edit.text, edit.blocks.length])).toEqual([
      ['one', 1],
      ['two', 1],
      ['three', 0],
    ])
    const { permalink } = await web.chat.getPermalink({ channel: 'C0DATA', message_ts: ts })
    expect(permalink).toContain('/archives/C0DATA/p')
    await web.chat.delete({ channel: 'C0DATA', ts })
    expect(await errorOf(web.chat.update({ channel: 'C0DATA', ts, text: 'x' }))).toBe('message_not_found')
  })

  test('are refused where the bot cannot write', async () => {
    const { message } = await slack.as('U0DANA').say('mine')
    expect(await errorOf(web.chat.postMessage({ channel: 'C0NONE', text: 'x' }))).toBe('channel_not_found')
    expect(await errorOf(web.chat.postMessage({ channel: 'G0PRIVATE', text: 'x' }))).toBe('channel_not_found')
    expect((await web.chat.postMessage({ channel: 'C0PUBLIC', text: 'x' })).ok).toBe(true)
    slack.control.scopes(['chat:write'])
    expect(await errorOf(web.chat.postMessage({ channel: 'C0PUBLIC', text: 'x' }))).toBe('not_in_channel')
    expect(await errorOf(web.chat.update({ channel: 'C0DATA', ts: message.ts, text: 'x' }))).toBe('cant_update_message')
    slack.control.channel('C0DATA', { archived: true })
    expect(await errorOf(web.chat.postMessage({ channel: 'C0DATA', text: 'x' }))).toBe('is_archived')
  })

  test('thread under a root that exists', async () => {
    const { ts = '' } = await web.chat.postMessage({ channel: 'C0DATA', text: 'root' })
    const reply = await web.chat.postMessage({ channel: 'C0DATA', text: 'reply', thread_ts: ts })
    const { messages } = await web.conversations.replies({ channel: 'C0DATA', ts })
    expect(messages?.map((m) => m.text)).toEqual(['root', 'reply'])
    for (const thread_ts of ['nonsense', '1.000001', reply.ts ?? '']) {
      expect(await errorOf(web.chat.postMessage({ channel: 'C0DATA', text: 'x', thread_ts }))).toBe('invalid_thread_ts')
    }
  })

  test.each([
    ['nothing', {}, 'no_text'],
    ['51 blocks', { blocks: Array(51).fill({ type: 'divider' }) }, 'invalid_blocks'],
    ['a long section', section('x'.repeat(3001)), 'invalid_blocks'],
    ['an empty section', section(''), 'invalid_blocks'],
    ['a long header', { blocks: [{ type: 'header', text: plain('x'.repeat(151)) }] }, 'invalid_blocks'],
    ['26 buttons', { blocks: [{ type: 'actions', elements: names(26).map((n) => button(n)) }] }, 'invalid_blocks'],
    ['a long label', { blocks: [{ type: 'actions', elements: [button('x'.repeat(76))] }] }, 'invalid_blocks'],
    ['a long value', { blocks: [{ type: 'actions', elements: [button('a', 'x'.repeat(2001))] }] }, 'invalid_blocks'],
    ['one action_id twice', { blocks: [{ type: 'actions', elements: [button('a'), button('a')] }] }, 'invalid_blocks'],
    ['one block_id twice', { blocks: Array(2).fill({ type: 'divider', block_id: 'a' }) }, 'invalid_blocks'],
    ['11 context texts', { blocks: [{ type: 'context', elements: Array(11).fill(plain('x')) }] }, 'invalid_blocks'],
    ['11 fields', { blocks: [{ type: 'section', fields: Array(11).fill(plain('x')) }] }, 'invalid_blocks'],
    ['a property Slack does not know', { blocks: [{ type: 'divider', colour: 'red' }] }, 'invalid_blocks'],
    ['text that never ends', { text: 'x'.repeat(40_001) }, 'msg_too_long'],
  ])('with %s are refused', async (_what, content, error) => {
    const args = { channel: 'C0DATA', ...content }
    expect(await errorOf(web.apiCall('chat.postMessage', args))).toBe(error)
    expect(slack.state.messages).toEqual([])
  })

  test('take at most 4,000 bytes of text in an edit', async () => {
    const { ts = '' } = await web.chat.postMessage({ channel: 'C0DATA', text: 'x'.repeat(5000) })
    expect(await errorOf(web.chat.update({ channel: 'C0DATA', ts, text: '&'.repeat(1000) }))).toBe('msg_too_long')
  })

  test('show ephemerals to the one they are for', async () => {
    await web.chat.postEphemeral({ channel: 'C0DATA', user: 'U0DANA', text: 'psst' })
    expect(
      slack
        .as('U0DANA')
        .see('C0DATA')
        .map((m) => m.text),
    ).toEqual(['psst'])
    expect(slack.as('U0SAM').see('C0DATA')).toEqual([])
    const outside = web.chat.postEphemeral({ channel: 'C0DATA', user: 'U0NOBODY', text: 'psst' })
    expect(await errorOf(outside)).toBe('user_not_in_channel')
  })

  test('are rendered as readable text', async () => {
    const text = { type: 'mrkdwn' as const, text: '<@U0DANA> wants *orders* &amp; more' }
    const blocks = [
      { type: 'section', text },
      { type: 'actions', elements: [button('Approve'), button('Deny')] },
    ]
    await web.chat.postMessage({ channel: 'C0DBA', text: 'fallback', blocks })
    const [message] = slack.state.messages
    expect(message && renderMessage(message, slack.state)).toBe(
      'Drawbridge\n  @Dana Ito wants orders & more\n  [ Approve ]  [ Deny ]',
    )
  })
})

describe('history', () => {
  test('pages newest first, and gives metadata only when asked', async () => {
    const metadata = { event_type: 'transfer', event_payload: { id: 'tr_1' } }
    for (const text of names(5)) await web.chat.postMessage({ channel: 'C0DATA', text, metadata })
    const pages: string[][] = []
    for await (const page of web.paginate('conversations.history', { channel: 'C0DATA', limit: 2 })) {
      const { messages = [] } = page as ConversationsHistoryResponse
      pages.push(messages.map((m) => m.text + (m.metadata ? '!' : '')))
    }
    expect(pages).toEqual([['n4', 'n3'], ['n2', 'n1'], ['n0']])
    const oldest = slack.state.messages[3]?.ts ?? ''
    const some = await web.conversations.history({ channel: 'C0DATA', oldest, include_all_metadata: true })
    expect(some.messages?.map((m) => [m.text, m.metadata])).toEqual([['n4', metadata]])
  })

  test('is closed without the history scopes', async () => {
    await slack.close()
    slack = await startSlackSandbox({ historyScope: false })
    const call = client().conversations.history({ channel: 'C0DATA' })
    await expect(call).rejects.toMatchObject({ data: { error: 'missing_scope', needed: 'channels:history' } })
  })
})

describe('people', () => {
  test('are told apart by users.info', async () => {
    expect((await web.users.info({ user: 'U0GUEST' })).user).toMatchObject({ is_restricted: true, is_bot: false })
    expect((await web.users.info({ user: 'U0STRANGER' })).user).toMatchObject({ team_id: 'T0OTHER', is_stranger: true })
    expect(await errorOf(web.users.info({ user: 'U0NOBODY' }))).toBe('user_not_found')
  })

  test('are in user groups, unless the plan has none', async () => {
    expect((await web.usergroups.users.list({ usergroup: 'S0DBA' })).users).toEqual(['U0SAM', 'U0LEE'])
    expect((await web.usergroups.list()).usergroups?.map((g) => g.handle)).toEqual(['dba'])
    expect(await errorOf(web.usergroups.users.list({ usergroup: 'S0NONE' }))).toBe('no_such_subteam')
    slack.control.freePlan(true)
    expect(await errorOf(web.usergroups.users.list({ usergroup: 'S0DBA' }))).toBe('plan_upgrade_required')
  })

  test('have one DM with the bot', async () => {
    const first = await web.conversations.open({ users: 'U0DANA' })
    const again = await web.conversations.open({ users: 'U0DANA' })
    expect(again).toMatchObject({ already_open: true, channel: { id: first.channel?.id } })
    expect((await web.chat.postMessage({ channel: 'U0DANA', text: 'hi' })).channel).toBe(first.channel?.id)
  })
})

describe('modals', () => {
  const view = { type: 'modal' as const, title: plain('Why?'), blocks: [] }

  test('open once with a trigger that is at most three seconds old', async () => {
    const { triggerId: trigger_id } = await slack.as('U0DANA').command('/export', '', { answerWithinMs: 1 })
    expect(await errorOf(web.views.open({ trigger_id, view: { ...view, title: plain('x'.repeat(25)) } }))).toBe(
      'invalid_arguments',
    )
    const opened = await web.views.open({ trigger_id, view })
    expect(await errorOf(web.views.open({ trigger_id, view }))).toBe('exchanged_trigger_id')
    await web.views.update({ view_id: opened.view?.id ?? '', view: { ...view, callback_id: 'second' } })
    expect(slack.state.views[0]?.view.callback_id).toBe('second')
    const late = await slack.as('U0DANA').command('/export', '', { answerWithinMs: 1 })
    now += 3001
    expect(await errorOf(web.views.open({ trigger_id: late.triggerId, view }))).toBe('expired_trigger_id')
  })
})

describe('response_url', () => {
  const post = async (url: string, body: object) => {
    const response = await fetch(url, { method: 'POST', body: JSON.stringify(body) })
    return [response.status, ((await response.json()) as { error?: string }).error]
  }

  test('works five times within half an hour', async () => {
    const { responseUrl } = await slack.as('U0DANA').command('/export', '')
    for (const text of names(4)) expect(await post(responseUrl, { text })).toEqual([200, undefined])
    expect(await post(responseUrl, { text: 'all', response_type: 'in_channel' })).toEqual([200, undefined])
    expect(await post(responseUrl, { text: 'six' })).toEqual([404, 'used_url'])
    expect(
      slack
        .as('U0RIO')
        .see('C0DATA')
        .map((m) => m.text),
    ).toEqual(['all'])
    const other = await slack.as('U0DANA').command('/export', '')
    now += 30 * 60_000 + 1
    expect(await post(other.responseUrl, { text: 'late' })).toEqual([404, 'expired_url'])
  })

  test('replaces and deletes the message that was clicked', async () => {
    const blocks = [{ type: 'actions', elements: [button('Go')] }]
    const { ts = '' } = await web.chat.postMessage({ channel: 'C0DATA', text: 'card', blocks })
    const { responseUrl = '' } = await slack.as('U0SAM').click({ message: ts, actionId: 'Go' })
    await post(responseUrl, { replace_original: true, text: 'gone' })
    expect(slack.state.messages[0]).toMatchObject({ text: 'gone', blocks: [] })
    await post(responseUrl, { delete_original: true })
    expect(slack.state.messages[0]?.deleted).toBe(true)
  })
})

function plain(text: string) {
  return { type: 'plain_text' as const, text }
}

function section(text: string) {
  return { blocks: [{ type: 'section', text: plain(text) }] }
}

function names(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `n${index}`)
}
