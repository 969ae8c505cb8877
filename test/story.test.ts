import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkExchange } from './support/azure-spec.ts'
import { messagesOf, startWorld, textOf, type World } from './support/world.ts'

const patience = 20_000

describe.each(['http', 'socket'] as const)('over %s', (mode) => {
  let world: World
  beforeAll(async () => {
    world = await startWorld({ mode })
    await Promise.all([world.start('bot'), world.start('worker')])
  })
  afterAll(() => world.close())

  test('exports after another person approves, and says so in the thread', async () => {
    const { azure, slack } = world
    const { ack } = await slack.as('U0DANA').command('/export', 'orders to backups --reason "before the release"')
    const id = /`([2-9a-z]{8})`/.exec(ack.text)?.[1] ?? ''
    const card = await slack.until(() => messagesOf(slack, id, 'card').find(hasButtons), patience)
    expect(card.channel).toBe('C0DBA')
    for (const said of ['sql-prod', 'orders', 'Standard', '250 GB', 'stbackups', 'bacpacs', 'before the release']) {
      expect(textOf(card)).toContain(said)
    }
    expect(azure.state.blobs.some(({ name }) => name.includes(id))).toBe(false)

    await slack.as('U0SAM').click({ message: card, actionId: 'approve' })
    const blob = await slack.until(() => azure.state.blobs.find(({ name }) => name.endsWith(`-${id}.bacpac`)), patience)
    const last = await slack.until(
      () => messagesOf(slack, id, 'reply').find((each) => textOf(each).includes(blob.name)),
      patience,
    )
    const [root] = messagesOf(slack, id, 'root')
    expect(last.threadTs).toBe(root?.ts)
    expect(textOf(last)).toContain('<@U0DANA>')
    await slack.until(() => textOf(messagesOf(slack, id, 'root')[0]).includes(blob.name), patience)
    await slack.until(() => !hasButtons(messagesOf(slack, id, 'card')[0]), patience)
    expect(textOf(messagesOf(slack, id, 'card')[0])).toContain('U0SAM')

    const submits = azure.state.requests.filter(({ name }) => name === 'export')
    expect(submits).toHaveLength(1)
    const foreign = azure.state.connections.filter(({ operationId }) => operationId === null)
    expect(foreign.map(({ status }) => status)).toEqual(['Pending', 'Pending'])
    expect(azure.state.requests.flatMap(checkExchange)).toEqual([])
  })
})

function hasButtons(message: { blocks: readonly unknown[] } | undefined): boolean {
  return JSON.stringify(message?.blocks ?? []).includes('"action_id":"approve"')
}
