import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SlackMessage, SlackView } from '../sandbox/slack/index.ts'
import { person, seedState } from '../sandbox/slack/seed.ts'
import { type Fields, PEOPLE, type TeamsMessage } from '../sandbox/teams/index.ts'
import type { Stored } from '../src/transfer/ports.ts'
import { type CaseRule, requestsOf } from './support/cases.ts'
import { cardsIn, teamsCases } from './support/chats.ts'
import { auditOf } from './support/e2e.ts'
import { answerTo, ask, cardOf, eventually, inStatus, recordOf } from './support/story.ts'
import { askedNow, buttonsWith, chatted, openCard, press } from './support/teams-story.ts'
import { type Running, startWorld, type World } from './support/world.ts'

const named = ['U0DANA', 'U0SAM', 'U0LEE', 'U0RIO', 'U0OPS', 'U0AUD', 'U0GUEST', 'U0STRANGER']
const crowd = Array.from({ length: 42 }, (_, index) => `U0CROWD${String(index + 1).padStart(2, '0')}`)
const everybody = [...named, ...crowd]
/** Twenty of the first stage and fifteen of the second, five of whom are in both. */
const administrators = ['U0SAM', 'U0LEE', 'U0RIO', ...crowd.slice(0, 17)]
const security = crowd.slice(12, 27)
/** Those with an account in Teams; what Ada has there is declared by nobody. */
const inTeams: Readonly<Record<string, string>> = {
  U0DANA: 'dana',
  U0SAM: 'sam',
  U0LEE: 'lee',
  U0RIO: 'rio',
  U0AUD: 'aud',
}

const stages = [
  { approvers: ['S0DBA'], need: 2 },
  { approvers: ['S0SEC'], need: 1 },
]
const rule = (name: string): CaseRule => ({ requesters: ['U0DANA'], stages, cards: ['C0DBA', cardsIn(name)] })
const cases = { agreed: rule('agreed'), refused: rule('refused') }

/** One decision: who, how, and what they were told. */
type Told = { who: string; how: 'slack' | 'form' | 'teams'; said: string }

let world: World
beforeAll(async () => {
  const declared = { U0DANA: PEOPLE.dana, U0SAM: PEOPLE.sam, U0LEE: PEOPLE.lee, U0RIO: PEOPLE.rio }
  const options = teamsCases(cases, {
    chats: 'both',
    slack: { rateLimits: 'off', seed: workspace() },
    config: (config) => {
      config.people = Object.entries(declared).map(([slack, teams]) => ({ name: slack, slack, teams }))
    },
  })
  world = await startWorld(options)
  await world.start('worker')
}, 60_000)
afterAll(() => world.close())

describe('two hundred yes by fifty people at two bots, with two approvers of one group needed and one of another', () => {
  let all: Awaited<ReturnType<typeof crowdOn>>
  beforeAll(async () => {
    all = await crowdOn('agreed', () =>
      everybody.flatMap((who) =>
        (inTeams[who] ? [1, 1, 0, 0] : [0, 0, 0, 0]).map((teams) => ({ who, how: teams ? 'teams' : 'slack' }) as const),
      ),
    )
    await inStatus(world, all.id, 'succeeded')
  }, 120_000)

  test('exactly three distinct people are counted, and the quorum is reached once', async () => {
    const { transfer } = await record(all.id)
    const voters = transfer.decisions.map(({ by }) => nameOf(by))
    expect(new Set(voters).size).toBe(3)
    expect(transfer.decisions.every(({ verdict }) => verdict === 'approve')).toBe(true)
    expect(seats(voters)).toBe(true)
    expect((await linesOf(all.id, 'quorum_reached')).length).toBe(1)
    expect((await linesOf(all.id, 'decided')).length).toBe(3)
  })

  test('each of the two connections is approved once', () => {
    expect(approvalsOf('agreed')).toEqual(['sql', 'storage'])
  })

  test('each of the two hundred is told, alone and in time', () => toldOf(all.told))

  test('what each is told is true of them', async () => {
    const { transfer } = await record(all.id)
    const recorded = all.told.filter(({ said }) => said.includes('Your yes is recorded'))
    expect(recorded.map(({ who }) => who).sort()).toEqual(transfer.decisions.map(({ by }) => nameOf(by)).sort())
    expect(recorded.map(({ said }) => /\((\d) of 3\)/.exec(said)?.[1]).sort()).toEqual(['1', '2', '3'])
    const approvers = new Set([...administrators, ...security])
    for (const { who, how, said } of all.told) {
      const rest =
        /Your yes is (recorded|already counted)|stage in which you are an approver has all|This is decided already: .* said yes/
      expect(said, `${who} by ${how}`).toMatch(
        again(expected(who, how) ?? (approvers.has(who) ? rest : /You are not an approver/)),
      )
    }
  })

  test('the audit has every decision and every refusal', () => auditedOf(all))
  test('who is in a group is asked once by each bot, and nobody is refused for Slack’s limit of it', () =>
    askedOnce(all.calls))
})

describe('two hundred decisions with fifteen no among them, of the one stage without which there is no quorum', () => {
  let all: Awaited<ReturnType<typeof crowdOn>>
  beforeAll(async () => {
    const others = everybody.filter((who) => !security.includes(who))
    all = await crowdOn('refused', () => [
      ...security.map((who) => ({ who, how: 'form' as const })),
      ...others.flatMap((who) => Array.from({ length: 5 }, () => ({ who, how: 'slack' as const }))),
      ...Object.keys(inTeams).flatMap((who) => [who, who].map((each) => ({ who: each, how: 'teams' as const }))),
    ])
    await inStatus(world, all.id, 'denied')
  }, 120_000)

  test('one no ends it, whatever was said before, and nothing is approved', async () => {
    const { transfer } = await record(all.id)
    const verdicts = transfer.decisions.map(({ verdict }) => verdict)
    expect(verdicts.filter((verdict) => verdict === 'deny')).toEqual(['deny'])
    expect(verdicts.at(-1)).toBe('deny')
    expect(verdicts.length).toBeLessThanOrEqual(3)
    expect(await linesOf(all.id, 'quorum_reached')).toEqual([])
    expect(approvalsOf('refused')).toEqual([])
    expect(world.azure.state.blobs.filter(({ name }) => name.includes(all.id))).toEqual([])
  })

  test('each of the two hundred is told, alone and in time', () => toldOf(all.told))

  test('all but one no are told who was faster', () => {
    const noes = all.told.filter(({ how }) => how === 'form')
    expect(noes.filter(({ said }) => said.includes('Your no is recorded'))).toHaveLength(1)
    const late = noes.filter(({ said }) => said.includes('This is decided already') || unheard.test(said))
    expect(late).toHaveLength(14)
  })

  test('the audit has every decision and every refusal', () => auditedOf(all))
})

type Decision = { who: string; how: Told['how'] }

/** Lets the crowd decide at the same time, each in turn at one of two bots that know nobody yet. */
async function crowdOn(name: string, decisions: () => readonly Decision[]) {
  const { slack } = world
  slack.control.rateLimits('off')
  const asking = await world.start('bot')
  const id = await ask(world, name)
  const [card, inChannel] = [await cardOf(world, id, 'C0DBA'), await openCard(world, id)]
  await eventually(async () => (await recordOf(world, id))?.transfer.round?.deliveredAt)
  await asking.term()
  const calls = slack.state.calls.length
  const bots = [await world.start('bot'), await world.start('bot')] as const
  const all = decisions()
  // What a process loads and compiles at its first answers belongs to no click.
  for (const bot of [...bots, ...bots, ...bots, ...bots]) {
    deliverTo(bot)
    await slack.as('U0OPS').command('/drawbridge', 'help')
    await chatted(world, 'ops', 'help')
  }
  for (const { who } of all.filter(({ how }) => how === 'form')) await openForm(who, card)
  slack.control.rateLimits({ post: { perSecond: 20, burst: 100 }, tiers: { 1: 1, 2: 20, 3: 50, 4: 200 } })
  const forged = buttonsWith(await askedNow(world, id))
  const turns = Object.values(Object.groupBy(all, ({ who }) => who))
  const told: Told[] = []
  let turn = 0
  // Each of the fifty has one under way, and the next one as soon as it is answered.
  const each = turns.map(async (own = []) => {
    for (const { who, how } of own) {
      deliverTo(bots[turn++ % 2] as Running)
      told.push({ who, how, said: await decide(who, how, card, inChannel, forged) })
    }
  })
  await Promise.all(each)
  slack.control.rateLimits('off')
  const asked = slack.state.calls.slice(calls)
  const end = { id, told, calls: asked }
  await eventually(async () => (await recordOf(world, id))?.transfer.ending)
  if (name === 'agreed') await Promise.all(bots.map((bot) => bot.term()))
  return end
}

function deliverTo(bot: Running): void {
  world.slack.control.deliverTo(`http://127.0.0.1:${bot.port}/slack/events`)
  world.teams.control.deliverTo(`http://127.0.0.1:${bot.port}/api/messages`)
}

async function decide(
  who: string,
  how: Told['how'],
  card: SlackMessage,
  inChannel: TeamsMessage,
  forged: Fields,
): Promise<string> {
  if (how === 'slack') return byClick(who, card)
  if (how === 'form') return byForm(who)
  const { status, shown = '', notice } = await press(world, inTeams[who] ?? '', inChannel, 'approve', { card: forged })
  // In time is what Teams takes: it tells the clicker otherwise.
  expect({ who, status, notice }).toEqual({ who, status: 200, notice: undefined })
  return shown
}

async function byClick(who: string, card: SlackMessage): Promise<string> {
  const edit = card.edits.findLastIndex(({ blocks }) => JSON.stringify(blocks).includes('"action_id":"approve"'))
  const { status, ms, responseUrl } = await world.slack.as(who).click({ message: card, actionId: 'approve', edit })
  expect({ who, status, inTime: ms < 3_000 }).toEqual({ who, status: 200, inTime: true })
  return answerTo(world, responseUrl)
}

async function openForm(who: string, card: SlackMessage): Promise<void> {
  await world.slack.as(who).click({ message: card, actionId: 'deny' })
  await eventually(() => formOf(who))
}

/** Sends the form; what is said takes its place, or comes to the channel. */
async function byForm(who: string): Promise<string> {
  const form = formOf(who)
  if (!form) throw new Error(`${who} has no form`)
  const { status, ms } = await world.slack.as(who).submit(form, { reason: 'not before the release' })
  expect({ who, status, inTime: ms < 3_000 }).toEqual({ who, status: 200, inTime: true })
  if (form.open) return JSON.stringify(form.view.blocks)
  return eventually(
    () => world.slack.state.ephemerals.find(({ to, text }) => to === who && text.includes('Your no'))?.text,
  )
}

function formOf(user: string): SlackView | undefined {
  return world.slack.state.views.find((view) => view.user === user && view.open)
}

/** What somebody is told whatever else happens; undefined for approvers and those who are none. */
function expected(who: string, how: Told['how']): RegExp | undefined {
  if (who === 'U0DANA') return /your own request/
  if (who === 'U0GUEST') return /Guests can neither/
  if (who === 'U0STRANGER') return /Only members of this workspace/
  return who === 'U0AUD' && how === 'teams' ? /only people whose accounts in both chats are declared/ : undefined
}

const unheard = /could not be checked and recorded in time|own store does not answer, so nothing was recorded/

/** Slack may be too slow for one of them, who is told so and recorded nowhere. */
function again(rest: RegExp): RegExp {
  return new RegExp(`${rest.source}|${unheard.source}`)
}

function toldOf(told: readonly Told[]): void {
  expect(told).toHaveLength(200)
  expect(new Set(told.map(({ who }) => who)).size).toBe(50)
  expect(told.filter(({ said }) => said.trim() === '')).toEqual([])
}

async function auditedOf({ id, told }: { id: string; told: readonly Told[] }): Promise<void> {
  const lines = (await linesOf(id, 'decided', 'decision_refused')).filter(
    ({ event = '' }) => !/"(try_again|store_down)"/.test(event),
  )
  const heard = told.filter(({ said }) => !unheard.test(said))
  const byPerson = (all: readonly string[]) =>
    Object.fromEntries(Object.entries(Object.groupBy(all, (each) => each)).map(([who, some]) => [who, some?.length]))
  expect(byPerson(lines.map(({ by = '' }) => nameOf(by)))).toEqual(byPerson(heard.map(({ who }) => who)))
}

/** Two bots that knew nobody: each may ask for a group and for a person once. */
function askedOnce(calls: readonly { method: string; args: Readonly<Record<string, unknown>> }[]): void {
  const asked = (method: string, of: string) =>
    Object.values(
      Object.groupBy(
        calls.filter((call) => call.method === method),
        ({ args }) => String(args[of]),
      ),
    )
  const groups = asked('usergroups.users.list', 'usergroup').map((each) => each?.length ?? 0)
  expect(groups).toHaveLength(2)
  expect(Math.max(...groups)).toBeLessThanOrEqual(2)
  expect(Math.max(...asked('users.info', 'user').map((each) => each?.length ?? 0))).toBeLessThanOrEqual(2)
}

async function record(id: string): Promise<Stored> {
  const stored = await recordOf(world, id)
  if (!stored) throw new Error(`there is no ${id}`)
  return stored
}

async function linesOf(id: string, ...kinds: readonly string[]) {
  return (await auditOf(world)).filter(({ transfer, kind = '' }) => transfer === id && kinds.includes(kind))
}

/** The sides of the case's connections, one for each approval that was sent. */
function approvalsOf(name: string): readonly string[] {
  const isApproval = ({ name: call, requestBody }: (typeof world.azure.state.requests)[number]): boolean =>
    /^pec-(sql|storage)-put$/.test(call) && JSON.stringify(requestBody).includes('"Approved"')
  return requestsOf(world, name)
    .filter(isApproval)
    .map(({ name: call }) => (call === 'pec-sql-put' ? 'sql' : 'storage'))
    .sort()
}

/** The Slack id of whoever decided, with whichever account. */
function nameOf(by: string): string {
  const id = by.split('/').at(-1) ?? ''
  const handle = Object.entries(PEOPLE).find(([, object]) => object === id)?.[0]
  return Object.entries(inTeams).find(([, each]) => each === handle)?.[0] ?? id
}

/** Two of the first group and one of the second, each sitting once. */
function seats(voters: readonly string[]): boolean {
  return voters.some(
    (one) =>
      security.includes(one) && voters.filter((each) => each !== one).every((each) => administrators.includes(each)),
  )
}

function workspace() {
  const { users, groups, channels } = seedState()
  const dba = groups.map((group) => (group.id === 'S0DBA' ? { ...group, users: administrators } : group))
  const sec = { id: 'S0SEC', handle: 'security', name: 'Security', users: [...security], disabled: false }
  return {
    users: [...users, ...crowd.map((each) => person(each, each.toLowerCase(), each))],
    groups: [...dba, sec],
    channels: channels.map((channel) => ({ ...channel, members: [...channel.members, ...crowd] })),
  }
}
