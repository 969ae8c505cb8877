import { setTimeout as delay } from 'node:timers/promises'
import type { SlackMessage, SlackView } from '../../sandbox/slack/index.ts'
import { person, seedState } from '../../sandbox/slack/seed.ts'
import { type Fields, PEOPLE, type TeamsMessage } from '../../sandbox/teams/index.ts'
import { withValue } from './clicks.ts'
import { answerTo, cardOf, eventually, hasButtons, recordOf } from './story.ts'
import { buttonsWith, openCard, press } from './teams-story.ts'
import type { Running, World } from './world.ts'

const named = ['U0DANA', 'U0SAM', 'U0LEE', 'U0RIO', 'U0OPS', 'U0AUD', 'U0GUEST', 'U0STRANGER']
const others = Array.from({ length: 42 }, (_, index) => `U0CROWD${String(index + 1).padStart(2, '0')}`)

/** People of the channel who decide on nothing. */
const passersBy = Array.from({ length: 20 }, (_, index) => `U0PASSER${String(index + 1).padStart(2, '0')}`)

/** Fifty people: the requester, an operator, an auditor, a guest, a stranger, thirty approvers and others of the channel. */
export const everybody: readonly string[] = [...named, ...others]
/** Twenty of the first stage and fifteen of the second, five of whom are in both. */
export const administrators: readonly string[] = ['U0SAM', 'U0LEE', 'U0RIO', ...others.slice(0, 17)]
export const security: readonly string[] = others.slice(12, 27)
/** Those with an account in Teams; the auditor's is declared by nobody. */
export const inTeams: Readonly<Record<string, keyof typeof PEOPLE>> = {
  U0DANA: 'dana',
  U0SAM: 'sam',
  U0LEE: 'lee',
  U0RIO: 'rio',
  U0AUD: 'aud',
}
/** The pairs of accounts that the configuration declares. */
export const declared = ['U0DANA', 'U0SAM', 'U0LEE', 'U0RIO'].map((slack) => {
  return { name: slack, slack, teams: PEOPLE[inTeams[slack] ?? 'ops'] }
})

/** A workspace with all of them, in the channels and in the two groups. */
export function crowdedWorkspace() {
  const { users, groups, channels } = seedState()
  const dba = groups.map((group) => (group.id === 'S0DBA' ? { ...group, users: [...administrators] } : group))
  const sec = { id: 'S0SEC', handle: 'security', name: 'Security', users: [...security], disabled: false }
  return {
    users: [...users, ...[...others, ...passersBy].map((each) => person(each, each.toLowerCase(), each))],
    groups: [...dba, sec],
    channels: channels.map((channel) => ({ ...channel, members: [...channel.members, ...others, ...passersBy] })),
  }
}

/**
 * One decision. `approve` is a click in Slack, `twice` the same one delivered two times at once, `old` one on a card of
 * other facts, `deny` a click on Deny of somebody who may not, `form` the no of somebody who may, `teams` a click there.
 */
export type How = 'approve' | 'twice' | 'old' | 'deny' | 'form' | 'teams'
export type Decision = { who: string; how: How }
/** What became of it: by which account, how long each answer took in milliseconds, and everything that was said, the last word being final. */
export type Told = Decision & { account: string; ms: readonly number[]; said: readonly string[] }

/** What a press gets where nothing could be checked or recorded: it is to be pressed again. */
export const unheard =
  /could not be (checked and )?recorded in time|store does not answer, so nothing was recorded|broke off, so it is not certain/

/** Presses until it is decided what it comes to. */
type Press = () => Promise<{ ms: number; said: string }>

/** Where all of them decide: the cards of one transfer in both chats, and forms that are open already. */
export async function crowdBefore(world: World, id: string, decisions: readonly Decision[], teamsCard: string) {
  const { slack } = world
  const card = await cardOf(world, id, 'C0DBA')
  const inChannel = await openCard(world, id, teamsCard)
  const digest = (await recordOf(world, id))?.transfer.round?.digest ?? ''
  const scene: Scene = {
    card: withoutEdits(card),
    old: withValue(withoutEdits(card), `${id}:${'0'.repeat(digest.length)}`),
    inChannel,
    forged: buttonsWith({ transfer: id, digest }),
  }
  for (const { who } of decisions.filter(({ how }) => how === 'form')) {
    await slack.as(who).click({ message: card, actionId: 'deny' })
    await eventually(() => formOf(world, who))
  }
  return {
    /** All at once, each at one of the bots in turn; those that could not be heard are pressed again. */
    decide: (bots: readonly Running[]): Promise<readonly Told[]> =>
      Promise.all(decisions.map((each, index) => decideOne(world, scene, each, bots[index % bots.length] as Running))),
  }
}

/** Others click on the card of a transfer that there never was: so the bot has answered clicks before. */
export async function passBy(world: World, bot: Running): Promise<void> {
  const [card] = world.slack.state.messages.filter(hasButtons)
  if (!card) throw new Error('there is no card')
  const unknown = withValue(card, '22222222')
  for (let round = 0; round < 2; round++) {
    await Promise.all(
      passersBy.map((who) => {
        deliverTo(world, bot)
        return byClick(world, who, unknown, 'approve')
      }),
    )
  }
}

/** Lets what is sent next go to this bot. */
export function deliverTo({ slack, teams }: World, { port }: Running): void {
  slack.control.deliverTo(`http://127.0.0.1:${port}/slack/events`)
  teams.control.deliverTo(`http://127.0.0.1:${port}/api/messages`)
}

/** The Slack id of whoever an account belongs to. */
export function ownerOf(account: string): string {
  const id = account.split('/').at(-1) ?? ''
  const handle = Object.entries(PEOPLE).find(([, object]) => object === id)?.[0]
  return Object.entries(inTeams).find(([, each]) => each === handle)?.[0] ?? id
}

/** Between two presses of somebody who is told to try again, in milliseconds. */
const everyPress = 500

type Scene = { card: SlackMessage; old: SlackMessage; inChannel: TeamsMessage; forged: Fields }

async function decideOne(world: World, scene: Scene, { who, how }: Decision, bot: Running): Promise<Told> {
  const account = how === 'teams' ? PEOPLE[inTeams[who] ?? 'ops'] : who
  const once = pressOf(world, scene, who, how)
  const all: { ms: number; said: string }[] = []
  for (;;) {
    deliverTo(world, bot)
    const heard = await once()
    all.push(heard)
    if (!unheard.test(heard.said) || all.length === 10) break
    await delay(everyPress)
  }
  return { who, how, account, ms: all.map(({ ms }) => ms), said: all.map(({ said }) => said) }
}

function pressOf(world: World, { card, old, inChannel, forged }: Scene, who: string, how: How): Press {
  if (how === 'teams') return () => inTeamsBy(world, who, inChannel, forged)
  if (how === 'form') return () => byForm(world, who, card)
  if (how === 'deny') return () => byClick(world, who, card, 'deny')
  return () => byClick(world, who, how === 'old' ? old : card, 'approve', how === 'twice')
}

async function inTeamsBy(world: World, who: string, card: TeamsMessage, forged: Fields) {
  const { status, ms, shown = '', notice } = await press(world, inTeams[who] ?? '', card, 'approve', { card: forged })
  return { ms: status === 200 && notice === undefined ? ms : Number.POSITIVE_INFINITY, said: shown }
}

async function byClick(world: World, who: string, message: SlackMessage, actionId: string, twice = false) {
  const replay = twice ? { replay: 'together' as const } : {}
  const clicked = await world.slack.as(who).click({ message, actionId, ...replay })
  const said = await answerTo(world, clicked.responseUrl)
  const ms = Math.max(...[clicked, ...(clicked.replay ? [clicked.replay] : [])].map(timeOf))
  if (!twice) return { ms, said }
  const uses = await eventually(() => {
    const all = world.slack.state.responses.find(({ url }) => url === clicked.responseUrl)?.uses ?? []
    return all.length > 1 && all
  })
  const answers = new Set(uses.map(({ body }) => String(body.text)))
  // The same delivery has one answer, unless one of the two was not heard.
  const heard = [...answers].filter((each) => !unheard.test(each))
  return { ms, said: heard.length > 0 ? heard.join(' AND ALSO ') : said }
}

/** Sends the form; what is said takes its place, or comes to the channel. */
async function byForm(world: World, who: string, card: SlackMessage) {
  const again = await formAgain(world, who, card)
  if (again) return again
  const form = formOf(world, who)
  if (!form) throw new Error(`${who} has no form`)
  const sent = await world.slack.as(who).submit(form, { reason: 'not before the release' })
  const ms = timeOf(sent)
  if (form.open) return { ms, said: JSON.stringify([form.view.blocks, form.errors]) }
  const { ephemerals } = world.slack.state
  return { ms, said: await eventually(() => ephemerals.find(({ to, text }) => to === who && isOfNo(text))?.text) }
}

/** Where a sentence has taken the form's place, it is closed and Deny is clicked again; what that click is told instead of a form. */
async function formAgain({ slack }: World, who: string, card: SlackMessage) {
  const told = slack.state.views.find(({ user, open, view }) => user === who && open && !hasField(view))
  if (!told) return undefined
  told.open = false
  const clicked = await slack.as(who).click({ message: card, actionId: 'deny' })
  const wordsOf = () => slack.state.responses.find(({ url }) => url === clicked.responseUrl)?.uses[0]?.body.text
  const isForm = () => slack.state.views.some(({ user, open }) => user === who && open)
  await eventually(() => isForm() || wordsOf() !== undefined)
  return isForm() ? undefined : { ms: timeOf(clicked), said: String(wordsOf()) }
}

function hasField({ blocks }: SlackView['view']): boolean {
  return JSON.stringify(blocks).includes('"type":"input"')
}

/** An acknowledgement that is none comes never. */
function timeOf({ status, ms, error }: { status: number; ms: number; error?: unknown }): number {
  return status === 200 && error === undefined ? ms : Number.POSITIVE_INFINITY
}

function isOfNo(text: string): boolean {
  return text.includes('Your no') || text.includes('your no')
}

function formOf({ slack }: World, user: string): SlackView | undefined {
  return slack.state.views.find((view) => view.user === user && view.open)
}

/** The card as it stands now, whatever is made of it later: what is on the screen of somebody who clicks. */
function withoutEdits(card: SlackMessage): SlackMessage {
  return structuredClone(card)
}
