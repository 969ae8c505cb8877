import { expect } from 'vitest'
import type { SlackMessage, SlackView } from '../../sandbox/slack/index.ts'
import type { Stored } from '../../src/transfer/ports.ts'
import { auditOf } from './e2e.ts'
import { answerTo, eventually, recordOf } from './story.ts'
import { messagesOf, type World } from './world.ts'

type Click = () => Promise<{ responseUrl?: string; status: number; ms: number }>

/** What people do on the cards of cases, whose transfers are `ids`. */
export function clicksOn(world: World, ids: Readonly<Record<string, string>>) {
  const { slack } = world
  const idOf = (name: string): string => ids[name] ?? ''

  /** The first card as it stands. */
  const cardNow = (name: string): SlackMessage => {
    const [card] = messagesOf(slack, idOf(name), 'card:1')
    if (!card) throw new Error(`there is no card for ${name}`)
    return card
  }
  const record = async (name: string): Promise<Stored> => {
    const stored = await recordOf(world, idOf(name))
    if (!stored) throw new Error(`there is no transfer for ${name}`)
    return stored
  }
  /** The root of the story as it stands. */
  const rootNow = (name: string): SlackMessage => {
    const [root] = messagesOf(slack, idOf(name), 'root')
    if (!root) throw new Error(`there is no root for ${name}`)
    return root
  }
  const openForm = async (name: string, by: string, actionId = 'deny'): Promise<SlackView> => {
    const message = actionId === 'withdraw' ? rootNow(name) : cardNow(name)
    await slack.as(by).click({ message, actionId })
    const ours = ({ view }: SlackView): boolean => String(view.private_metadata).includes(idOf(name))
    return eventually(() => slack.state.views.find((each) => each.open && each.user === by && ours(each)))
  }
  return {
    idOf,
    cardNow,
    rootNow,
    record,
    openForm,
    approving: (name: string) => ({ message: cardNow(name), actionId: 'approve' }),
    deny: async (name: string, by: string, reason: string): Promise<void> => {
      const view = await openForm(name, by)
      await slack.as(by).submit(view, { reason })
      expect(view.open).toBe(false)
    },
    /** Does the click, and checks that one person was answered and nothing else happened; the answer's text. */
    refusal: async (name: string, click: Click, by: string): Promise<string> => {
      const before = await stateOf(world, await record(name))
      const told = slack.state.ephemerals.length
      const { responseUrl, status, ms } = await click()
      expect({ status, inTime: ms < 3_000 }).toEqual({ status: 200, inTime: true })
      const text = await answerTo(world, responseUrl)
      await eventually(() => slack.state.ephemerals.length > told)
      expect(slack.state.ephemerals.slice(told).map((each) => [each.to, each.text])).toEqual([[by, text]])
      expect(await stateOf(world, await record(name))).toEqual(before)
      return text
    },
  }
}

/** The values of a card's buttons. */
export function valuesOf({ blocks }: SlackMessage): readonly string[] {
  return blocks
    .flatMap(({ elements }) => (elements as { value?: string }[] | undefined) ?? [])
    .flatMap(({ value }) => value ?? [])
}

/** The card as somebody sends it who put this value into its buttons. */
export function withValue(card: SlackMessage, value: string): SlackMessage {
  const blocks = card.blocks.map((block) => {
    const elements = block.elements as { value?: string }[] | undefined
    const changed = elements?.map((each) => ({ ...each, value }))
    return block.type === 'actions' ? { ...block, elements: changed } : block
  })
  return { ...card, blocks }
}

/** What a refused click must leave as it is: the record, its audit, what was sent to Azure. */
async function stateOf(world: World, { transfer }: Stored) {
  const { server } = transfer.request.database
  const lines = (await auditOf(world)).filter((line) => line.transfer === transfer.id && line.version !== undefined)
  const puts = world.azure.state.requests.filter(({ method, path }) => method === 'PUT' && path.includes(`${server}/`))
  return { version: transfer.version, lines: lines.length, puts: puts.length }
}
