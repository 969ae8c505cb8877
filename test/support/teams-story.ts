import { expect } from 'vitest'
import {
  type ClickOptions,
  type Fields,
  type InvokeResult,
  renderCard,
  type SayOptions,
  type TeamsMessage,
} from '../../sandbox/teams/index.ts'
import { isFinal } from '../../src/transfer/lifecycle.ts'
import type { Stored } from '../../src/transfer/ports.ts'
import { askedIn } from './chats.ts'
import { auditOf } from './e2e.ts'
import { eventually, recordOf, withRedis } from './story.ts'
import { idIn, type World } from './world.ts'

const patience = 30_000

/** Someone asks for the export of the case `name`; answers the transfer's id, once its root stands. */
export async function askInTeams(
  world: World,
  name: string,
  { by = 'dana', ...options }: SayOptions & { by?: string } = {},
): Promise<string> {
  const { delivery } = await world.teams.as(by).say(`export ${name} to ${name}`, { in: askedIn(name), ...options })
  expect(delivery?.status).toBe(200)
  const id = idOfRoot(await teamsRootOf(world, name))
  await toldAlone(world, by, `Recorded as ${id}`)
  return id
}

/** The root of a case's transfer, once it stands. */
export function teamsRootOf(world: World, name: string): Promise<TeamsMessage> {
  const isRoot = new RegExp(`Transfer \\S+ · rule ${name}$`, 'm')
  return world.teams.until(
    ({ messages }) => messages.find((each) => isOurs(each) && isRoot.test(wordsOf(each))),
    patience,
  )
}

/** The transfer that a root is about. */
export function idOfRoot(root: TeamsMessage): string {
  return idIn(/Transfer (\S+) · rule/.exec(wordsOf(root))?.[1] ?? '')
}

/** Everything that a message of the bot shows, as a person reads it; what notifications show of it comes first. */
export function wordsOf(message: TeamsMessage): string {
  const known = read.get(message)
  if (known?.edits === message.edits.length) return known.words
  const words = [message.summary ?? '', message.text, ...cardsOn(message).map(renderCard)].join('\n')
  read.set(message, { edits: message.edits.length, words })
  return words
}

/** Every state of every message is looked at again with each change. */
const read = new WeakMap<TeamsMessage, { edits: number; words: string }>()

/** The Adaptive Cards of a message. */
export function cardsOn({ attachments }: Pick<TeamsMessage, 'attachments'>): readonly Fields[] {
  const shown = attachments.filter(({ contentType }) => contentType === 'application/vnd.microsoft.card.adaptive')
  return shown.map(({ content }) => content as Fields)
}

/** The roots of a transfer: one, wherever it was asked. */
export function rootsOf({ teams }: World, id: string): readonly TeamsMessage[] {
  return teams.state.messages.filter((each) => isOurs(each) && wordsOf(each).includes(`Transfer ${id} · rule `))
}

/** The cards of a transfer, all rounds or one; where they are is `conversation`. */
export function cardsOf({ teams }: World, id: string, round?: number): readonly TeamsMessage[] {
  const note = `Transfer ${id} · round ${round === undefined ? '' : `${round} `}`
  return teams.state.messages.filter((each) => isOurs(each) && wordsOf(each).includes(note))
}

/** The messages that tell how a transfer goes on, in order: below its root in a channel, after it in a chat. */
export function tellingsOf({ teams }: World, name: string): readonly TeamsMessage[] {
  const title = `Export of ${name} to ${name}: `
  return teams.state.messages.filter(
    (each) => isOurs(each) && each.summary?.startsWith(title) && !wordsOf(each).includes('\nTransfer '),
  )
}

/** The first message of the story that says so. */
export function telling(world: World, name: string, says: string): Promise<TeamsMessage> {
  return world.teams.until(() => tellingsOf(world, name).find((each) => wordsOf(each).includes(says)), patience)
}

/** A card of the transfer that somebody can decide on, once it is there. */
export function openCard(world: World, id: string, where?: string): Promise<TeamsMessage> {
  const fits = (each: TeamsMessage): boolean => isOpen(each) && (where === undefined || each.conversation === where)
  return world.teams.until(() => cardsOf(world, id).find(fits), patience)
}

/** True while the card can be decided on: by buttons for all, or by those that approvers get when it is refreshed. */
export function isOpen(message: TeamsMessage): boolean {
  const json = JSON.stringify(cardsOn(message))
  return json.includes('"verb":"approve"') || json.includes('"verb":"refresh"')
}

/** The card as this person sees it, refreshed if Teams does so for them. */
export async function cardFor(world: World, by: string, message: TeamsMessage): Promise<Fields> {
  const seen = await world.teams.as(by).see(message.conversation)
  const [card] = cardsOn(seen.find(({ id }) => id === message.id) ?? message)
  if (!card) throw new Error('there is no card')
  return card
}

/** True when the card has buttons. */
export function hasButtons(card: Fields): boolean {
  return JSON.stringify(card).includes('"verb":"approve"')
}

type Press = Omit<ClickOptions, 'verb' | 'inputs'> & {
  /** What is on the person's screen instead of what Teams would show them: an older card, or somebody else's. */
  card?: Fields
  reason?: string
}

/** Clicks a button; those that ask for words get them in the card's own form. */
export async function press(
  world: World,
  by: string,
  message: TeamsMessage,
  verb: keyof typeof fieldOf,
  { card, reason = 'not now', ...options }: Press = {},
): Promise<InvokeResult> {
  const { state, as } = world.teams
  const person = as(by)
  if (card === undefined) await person.see(message.conversation)
  else {
    const { id, conversation } = message
    state.views.unshift({ at: Date.now(), user: person.user.id, conversation, message: id, card })
  }
  const field = fieldOf[verb]
  return person.click(message, { verb, ...(field ? { inputs: { [field]: reason } } : {}), ...options })
}

const fieldOf = { approve: '', deny: 'reason', comment: 'comment', question: 'question', withdraw: 'reason' } as const

/** A card whose buttons send this, as somebody has it who may not see ours, or changed what ours say. */
export function buttonsWith(data: { transfer: string; digest: string }): Fields {
  const button = (verb: string): Fields => ({ type: 'Action.Execute', title: verb, verb, data: { verb, ...data } })
  const reason = { type: 'Input.Text', id: 'reason' }
  const card = { type: 'AdaptiveCard', body: [reason], actions: [button('deny')] }
  const actions = [
    { ...button('approve'), associatedInputs: 'none' },
    { type: 'Action.ShowCard', title: 'Deny', card },
  ]
  return { type: 'AdaptiveCard', version: '1.5', body: [], actions }
}

/** What the buttons of the newest card stand for. */
export async function askedNow(world: World, id: string): Promise<{ transfer: string; digest: string }> {
  return { transfer: id, digest: (await recordOf(world, id))?.transfer.round?.digest ?? '' }
}

/** The sentence that a click was answered with, to the clicker alone, in time and in the form that Teams shows. */
export function sentenceOf({ status, body, ms, shown, notice }: InvokeResult): string {
  expect({ status, body, inTime: ms < 3_000, notice }).toEqual({
    status: 200,
    body: { statusCode: 200, type: 'application/vnd.microsoft.activity.message', value: expect.any(String) },
    inTime: true,
    notice: undefined,
  })
  return shown ?? ''
}

/** Does the click, and checks that one person was answered and nothing else happened; the answer's text. */
export async function refusal(world: World, id: string, click: () => Promise<InvokeResult>): Promise<string> {
  await allTold(world, id)
  const before = await stateOf(world, id)
  const text = sentenceOf(await click())
  expect(await stateOf(world, id)).toEqual(before)
  return text
}

/** Waits until everything that is known by now is shown, and nothing is left to do but to wait for people. */
export function allTold(world: World, id: string): Promise<true> {
  return withRedis(world, (redis) =>
    eventually(async () => {
      if ((await redis.zscore('{drawbridge}:due:show', id)) !== null) return false
      const transfer = (await recordOf(world, id))?.transfer
      if (transfer?.status !== 'awaiting_approval') return transfer !== undefined && isFinal(transfer.status)
      return transfer.round?.deliveredAt !== undefined
    }, patience),
  )
}

/** What Drawbridge tells the person alone, in the personal chat, from the n-th message there on. */
export function toldAlone(world: World, by: string, says: string, from = 0): Promise<TeamsMessage> {
  return world.teams.until(
    () => chatOf(world, by).find((each, at) => at >= from && wordsOf(each).includes(says)),
    patience,
  )
}

/** What the bot wrote into somebody's personal chat. */
export function chatOf({ teams }: World, by: string): readonly TeamsMessage[] {
  const { id } = teams.as(by).user
  const chat = teams.state.conversations.find(({ person }) => person === id)
  return teams.state.messages.filter((each) => isOurs(each) && each.conversation === chat?.id)
}

/** Says something in the personal chat; answers what Drawbridge says to it. */
export async function chatted(world: World, by: string, text: string): Promise<string> {
  const from = chatOf(world, by).length
  const { delivery } = await world.teams.as(by).chat(text)
  expect(delivery).toMatchObject({ status: 200 })
  return wordsOf(await eventually(() => chatOf(world, by)[from]))
}

/** The object ids of those whom a message really mentions. */
export function mentionedIn(message: TeamsMessage): readonly string[] {
  return cardsOn(message).flatMap(({ msteams }) =>
    ((msteams as Fields).entities as { mentioned: { id: string } }[]).map(({ mentioned }) => mentioned.id),
  )
}

/**
 * What no message and no card, in none of its versions, may show; what Teams did not take; what it had to tell people.
 * What somebody `typed` may look like an expression.
 */
export function flawsOf({ teams }: World, typed?: string): readonly unknown[] {
  const { messages, views, calls, notices } = teams.state
  const versions = messages.filter(isOurs).flatMap(({ edits }) => edits)
  const shown = [...versions.flatMap(cardsOn), ...views.map(({ card }) => card)]
  return [
    ...[...versions, ...views]
      .map((each) => JSON.stringify(each))
      .filter((text) => (typed ? text.replaceAll(typed, '') : text).includes('${')),
    ...versions.filter(({ text }) => text.includes('<at>')),
    ...shown.flatMap(unresolvedIn),
    // Whether somebody is in a conversation is asked by looking them up there.
    ...calls.filter(({ status = 0, method }) => status >= 400 && method !== 'member'),
    ...notices,
  ]
}

function unresolvedIn(card: Fields): readonly string[] {
  const { msteams, ...said } = card
  const known = JSON.stringify(msteams)
  return [...JSON.stringify(said).matchAll(/<at>.*?<\/at>/g)].flatMap(([at]) => (known.includes(at) ? [] : [at]))
}

function isOurs({ from, deleted }: TeamsMessage): boolean {
  return from.startsWith('28:') && !deleted
}

/** What a refused click must leave as it is: the record, its audit, what was sent to Azure, and what anybody sees. */
async function stateOf(world: World, id: string) {
  const { transfer } = (await recordOf(world, id)) as Stored
  const { server } = transfer.request.database
  const lines = (await auditOf(world)).filter((line) => line.transfer === id && line.version !== undefined)
  const puts = world.azure.state.requests.filter(({ method, path }) => method === 'PUT' && path.includes(`${server}/`))
  const shown = [...rootsOf(world, id), ...cardsOf(world, id)].map(({ edits }) => edits.length)
  return { version: transfer.version, lines: lines.length, puts: puts.length, shown }
}
