import { App, HTTPReceiver, LogLevel, type types } from '@slack/bolt'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type SlackSandbox, type SlackView, startSlackSandbox } from '../sandbox/slack/index.ts'

let slack: SlackSandbox
let app: App
let options: { text: types.PlainTextElement; value: string }[]
let view: types.ModalView

const silent = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  setLevel() {},
  getLevel: () => LogLevel.ERROR,
  setName() {},
}
const plain = (text: string) => ({ type: 'plain_text' as const, text })
const option = (value: string, text = value) => ({ text: plain(text), value })
const input = (block_id: string, element: types.InputBlock['element']): types.InputBlock => ({
  ...{ type: 'input', block_id, label: plain(block_id), element },
})

beforeEach(async () => {
  options = [option('a')]
  view = {
    ...{ type: 'modal', callback_id: 'form', title: plain('Form'), submit: plain('Send') },
    blocks: [
      input('pick', { type: 'external_select', action_id: 'pick', min_query_length: 0 }),
      input('where', { type: 'conversations_select', action_id: 'where', default_to_current_conversation: true }),
    ],
  }
  slack = await startSlackSandbox()
  const receiver = new HTTPReceiver({ signingSecret: slack.signingSecret, port: 0, logger: silent })
  app = new App({ token: slack.botToken, receiver, logger: silent, clientOptions: { slackApiUrl: slack.apiUrl } })
  app.shortcut('open', async ({ ack, body, client }) => {
    await ack()
    await client.views.open({ trigger_id: body.trigger_id, view }).catch(() => undefined)
  })
  app.options('pick', async ({ ack }) => ack({ options }))
  app.view('form', async ({ ack }) => ack())
  const server = await app.start({ host: '127.0.0.1', port: 0 })
  const address = server.address()
  slack.control.deliverTo(`http://127.0.0.1:${typeof address === 'object' && address?.port}/slack/events`)
})
afterEach(async () => {
  await app.stop()
  await slack.close()
})

const dana = () => slack.as('U0DANA')
async function opened(): Promise<SlackView> {
  await dana().shortcut('open', { channel: 'C0DBA' })
  return slack.until(({ views }) => views[0])
}
const refused = async () => {
  await dana().shortcut('open')
  return (await slack.until(({ calls }) => calls.find(({ method, status }) => method === 'views.open' && status))).error
}

test('a person chooses what the app offered, and is in the conversation that they look at', async () => {
  const form = await opened()
  await expect(dana().submit(form, { pick: 'a' })).rejects.toThrow('no option a')
  expect((await dana().lookFor(form, 'pick', 'x')).options).toEqual(options)
  await expect(dana().submit(form, {})).rejects.toThrow('pick is required')
  await expect(dana().submit(form, { pick: 'b' })).rejects.toThrow('no option b')
  const { payload } = await dana().submit(form, { pick: 'a' })
  expect(payload.view).toMatchObject({
    state: {
      values: {
        pick: { pick: { selected_option: options[0] } },
        where: { where: { selected_conversation: 'C0DBA' } },
      },
    },
  })
})

test.each([
  ['101 of them', () => Array.from({ length: 101 }, (_, index) => option(String(index)))],
  ['a text of 76 characters', () => [option('a', 'x'.repeat(76))]],
  ['a value of 151 characters', () => [option('x'.repeat(151), 'a')]],
])('options that Slack would not show are none: %s', async (_, wrong) => {
  const form = await opened()
  options = wrong()
  const { notice, options: shown } = await dana().lookFor(form, 'pick')
  expect([notice?.error, shown]).toEqual(['options_error', []])
})

test.each<[what: string, element: types.InputBlock['element']]>([
  ['101 options', { type: 'static_select', action_id: 'a', options: Array.from({ length: 101 }, () => option('a')) }],
  ['11 boxes', { type: 'checkboxes', action_id: 'a', options: Array.from({ length: 11 }, () => option('a')) }],
  ['no options', { type: 'radio_buttons', action_id: 'a', options: [] }],
  ['an empty filter', { type: 'conversations_select', action_id: 'a', filter: { include: [] as never } }],
])('a modal that Slack would not open stays closed: %s', async (_, element) => {
  view.blocks = [input('a', element)]
  expect(await refused()).toBe('invalid_arguments')
  expect(slack.state.views).toEqual([])
})

test('a modal without a way to send its inputs stays closed', async () => {
  const { submit: _, ...rest } = view
  view = rest
  expect(await refused()).toBe('invalid_arguments')
})
