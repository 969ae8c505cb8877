import { LogLevel, webApi } from '@slack/bolt'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type SlackSandbox, startSlackSandbox } from '../sandbox/slack/index.ts'

let slack: SlackSandbox
let client: webApi.WebClient
beforeEach(async () => {
  slack = await startSlackSandbox()
  client = new webApi.WebClient(slack.botToken, {
    slackApiUrl: slack.apiUrl,
    retryConfig: { retries: 0 },
    logger: silent,
  })
})
afterEach(() => slack.close())

const silent = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  setLevel() {},
  getLevel: () => LogLevel.ERROR,
  setName() {},
}
const divider = { type: 'divider' }
const publish = async (view: object, more: object = {}) => {
  const answer = await client
    .apiCall('views.publish', { user_id: 'U0SAM', view: { type: 'home', blocks: [divider], ...view }, ...more })
    .catch((error: { data: object }) => error.data)
  const { error, view: shown } = answer as { error?: string; view?: { hash: string; type: string } }
  return { error, shown }
}

test('a Home tab is the person’s own, and each publication replaces the one before', async () => {
  const first = await publish({})
  const second = await publish({ blocks: [divider, divider] }, { hash: first.shown?.hash })
  expect(slack.state.homes).toHaveLength(1)
  expect(slack.as('U0SAM').home()?.view).toMatchObject({ type: 'home', hash: second.shown?.hash })
  expect(slack.as('U0LEE').home()).toBeUndefined()
  expect((await publish({}, { hash: first.shown?.hash })).error).toBe('hash_conflict')
})

test.each<[what: string, view: object, error: string]>([
  ['that is a modal', { type: 'modal' }, 'invalid_arguments'],
  ['with a title', { title: { type: 'plain_text', text: 'Home' } }, 'invalid_arguments'],
  ['with a button to send it', { submit: { type: 'plain_text', text: 'Send' } }, 'invalid_arguments'],
  ['of 101 blocks', { blocks: Array.from({ length: 101 }, () => divider) }, 'invalid_arguments'],
  [
    'with text of 3,001 characters',
    { blocks: [{ type: 'section', text: { type: 'mrkdwn', text: 'x'.repeat(3001) } }] },
    'invalid_arguments',
  ],
  ['with an alert, which modals alone have', { blocks: [{ type: 'alert' }] }, 'invalid_arguments'],
  [
    'with a field for more than Slack takes',
    {
      blocks: [
        {
          type: 'input',
          label: { type: 'plain_text', text: 'Why' },
          element: { type: 'plain_text_input', action_id: 'why', max_length: 3001 },
        },
      ],
    },
    'invalid_arguments',
  ],
  ['of more than 250,000 characters', { private_metadata: 'x'.repeat(250_001) }, 'view_too_large'],
])('a Home tab %s is refused', async (_, view, error) => {
  expect((await publish(view)).error).toBe(error)
  expect(slack.state.homes).toEqual([])
})

test('nobody has a Home tab whom Slack does not know, or whose app has none', async () => {
  expect((await publish({}, { user_id: 'U0NOBODY' })).error).toBe('user_not_found')
  slack.state.homeTab = false
  expect((await publish({})).error).toBe('not_enabled')
})

test('100 blocks are fine', async () => {
  expect((await publish({ blocks: Array.from({ length: 100 }, () => divider) })).error).toBeUndefined()
})

test('a click in it comes without a channel, a message and an address to answer to', async () => {
  const button = { type: 'button', action_id: 'go', value: 'v', text: { type: 'plain_text', text: 'Go' } }
  await publish({ blocks: [{ type: 'actions', block_id: 'b', elements: [button] }] })
  const { payload } = await slack.as('U0SAM').clickHome({ actionId: 'go' })
  const { id } = slack.as('U0SAM').home() ?? {}
  expect(payload).toMatchObject({
    type: 'block_actions',
    container: { type: 'view', view_id: id },
    view: { id, type: 'home' },
    actions: [{ action_id: 'go', block_id: 'b', value: 'v' }],
  })
  for (const none of ['channel', 'message', 'response_url']) expect(payload).not.toHaveProperty(none)
})
