import { APP, CHANNELS, renderMessage, type TeamsMessage, type TeamsSandbox } from '../../sandbox/teams/index.ts'
import { readTeamsId } from '../../src/bot/teams-ids.ts'
import type { Stored } from '../../src/transfer/ports.ts'
import { calmly, isBotUp } from './crash.ts'
import { type Allowance, unless } from './crash-ending.ts'
import type { CrashWorld } from './crash-world.ts'
import { until } from './until.ts'
import type { Config } from './world.ts'

/** Each transfer has a channel where it is asked and one for its card: the pace of Teams is one of each conversation. */
const channelOf = (key: string) => `19:${key}@thread.tacv2`
const cardsOf = (key: string) => `19:${key}cards@thread.tacv2`

/** Makes the channels of these transfers. */
export function addChannels({ state }: TeamsSandbox, keys: readonly string[]): void {
  const model = state.conversations.find(({ id }) => id === CHANNELS.dba)
  if (!model) throw new Error('The seed of the sandbox is not what it was')
  for (const id of keys.flatMap((key) => [channelOf(key), cardsOf(key)])) {
    state.conversations.push({ ...structuredClone(model), id, name: id })
  }
}

/** A rule for each transfer, whose card goes to its own channel. */
export function configureTeams(config: Config, keys: readonly string[]): void {
  const [usual] = config.rules
  for (const key of keys) {
    config.rules.unshift({ ...usual, name: key, when: { database: [key] }, cards: [cardsOf(key)] })
  }
}

/** Types the slash command until there is a transfer for it. */
export async function askInTeams({ teams, watch, read, running }: CrashWorld, key: string): Promise<string> {
  for (;;) {
    await until(() => isBotUp(running), ...calmly)
    await teams.as('dana').say(`/export ${key} to s${key}`, { in: channelOf(key), targeted: true })
    for (const id of watch.idsOf(key)) if (await read(id)) return id
  }
}

/** Looks at the card and clicks on Approve, once the clock of the approval runs, until the record has the decision. */
export async function approveInTeams(
  world: CrashWorld,
  id: string,
  mayClick: () => Promise<void> = async () => undefined,
): Promise<void> {
  const { teams, keys, watch, read, running } = world
  const sam = teams.as('sam')
  const key = keys.find((each) => watch.idsOf(each).includes(id)) ?? ''
  const isDecided = async () => ((await read(id))?.transfer.decisions.length ?? 0) > 0
  /** The card that stands, with the buttons that are for Sam alone. */
  const look = async () => {
    const card = await teams.until(({ messages }) => messages.find((each) => isOpen(each, cardsOf(key))), calmly[0])
    await until(() => isBotUp(running), ...calmly)
    return (await sam.refresh(card)).card && card
  }
  await teams.until(({ messages }) => messages.some((each) => isOpen(each, cardsOf(key))), calmly[0])
  await until(async () => (await read(id))?.transfer.round?.deliveredAt !== undefined, ...calmly)
  let card = await look()
  await mayClick()
  world.deliverPast()
  while (!(await isDecided())) {
    await until(() => isBotUp(running), ...calmly)
    // An edit, or a copy that goes, takes away what was made for one person.
    const clicked = card && (await sam.click(card, { verb: 'approve' }).catch(() => undefined))
    if (!clicked && !(await isDecided())) card = await look()
  }
}

/** What is not as it must be in the two channels of a transfer. */
export function problemsInTeams(
  { teams }: CrashWorld,
  { transfer, chat }: Stored,
  copies: Allowance['copies'],
): readonly string[] {
  const [key = ''] = transfer.request.database.alias.split('/')
  const ever = teams.state.messages.filter(
    ({ conversation, from }) => from === APP.bot && [channelOf(key), cardsOf(key)].includes(conversation),
  )
  const standing = ever.filter(({ deleted }) => !deleted)
  const shown = (slot: string) => standing.find(({ id }) => id === readTeamsId(chat.slots[slot]?.ref ?? '')?.message)
  const replies = transfer.story.map((_, index) => shown(`reply:${index}`))
  const root = shown('root')
  const cards = Object.keys(chat.slots).filter((slot) => slot.startsWith('card:'))
  const all = [root, ...cards.map(shown), ...replies]
  const copied = (copies === undefined ? ever : standing).length - all.length
  const order = replies.map((message) => Number(message?.id))
  const open = standing.filter((each) => isOpen(each, cardsOf(key)))
  const { blob } = transfer.request.storage
  return unless([
    [
      all.every((message) => message !== undefined),
      `only ${all.filter(Boolean).length} of ${all.length} messages stand`,
    ],
    [cards.length === 1, `there are ${cards.length} cards`],
    [copied <= (copies === 'once' ? 1 : 0), `${copied} messages were repeated`],
    [standing.every((each) => all.includes(each) || isCopyOf(each, all)), 'a message is of no transfer'],
    [order.every((id, index) => index === 0 || id > (order[index - 1] ?? 0)), `the replies stand as ${order}`],
    [replies.every((message) => message?.rootId === root?.id), 'a reply is in another thread'],
    [read(root).includes(blob) && read(root).includes('Finished'), 'the root does not show the end'],
    [read(replies.at(-1)).includes(blob), 'the last reply does not name the blob'],
    // Nobody knows of the copy, so nobody can take its buttons away; a click on it is answered as late.
    [open.length === 0 || copies === 'once', 'a card can still be clicked'],
  ])
}

/** A copy says what the message said when it was new; a first post may say how it stood a moment later. */
function isCopyOf(copy: TeamsMessage, all: readonly (TeamsMessage | undefined)[]): boolean {
  const isFirst = ({ id, rootId }: TeamsMessage) => rootId === id
  return all.some(
    (each) =>
      each?.conversation === copy.conversation &&
      isFirst(each) === isFirst(copy) &&
      (isFirst(copy) || each.edits[0]?.summary === copy.edits[0]?.summary),
  )
}

/** True while the approvers in a channel get buttons for it. */
function isOpen({ attachments, conversation, from, deleted }: TeamsMessage, place: string): boolean {
  return conversation === place && from === APP.bot && !deleted && JSON.stringify(attachments).includes('"refresh"')
}

function read(message: TeamsMessage | undefined): string {
  return message ? renderMessage(message) : ''
}
