import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Stored } from '../src/transfer/ports.ts'
import { type CaseRule, requestsOf } from './support/cases.ts'
import { cardsIn, teamsCases } from './support/chats.ts'
import {
  administrators,
  crowdBefore,
  crowdedWorkspace,
  type Decision,
  declared,
  deliverTo,
  everybody,
  type How,
  inTeams,
  ownerOf,
  passBy,
  security,
  type Told,
  unheard,
} from './support/crowd.ts'
import { auditOf } from './support/e2e.ts'
import { ask, eventually, inStatus, recordOf } from './support/story.ts'
import { chatted } from './support/teams-story.ts'
import { type Running, startWorld, type World } from './support/world.ts'

/** Milliseconds for an answer on a machine that runs other tests too. */
const patience = 30_000

const stages = [
  { approvers: ['S0DBA'], need: 2 },
  { approvers: ['S0SEC'], need: 1 },
]
const rule = (name: string): CaseRule => ({ requesters: ['U0DANA'], stages, cards: ['C0DBA', cardsIn(name)] })
const cases = { agreed: rule('agreed'), refused: rule('refused') }
const approvers = new Set([...administrators, ...security])
/** As Slack limits an app that is in no marketplace: calls a minute for each method, and messages a second in a channel. */
const asInSlack = { post: { perSecond: 1, burst: 1 }, tiers: { 1: 1, 2: 20, 3: 50, 4: 100 } }

let world: World
beforeAll(async () => {
  const options = teamsCases(cases, {
    chats: 'both',
    // What is said is looked at here; how soon on a machine that does nothing else stands in docs/decisions.md.
    slack: { rateLimits: 'off', seed: crowdedWorkspace(), answerWithinMs: patience },
    teams: { invokeWithinMs: patience },
    config: (config) => {
      config.people = declared
      // An approval that Azure has not carried out by then is sent again, which is a story of its own.
      config.polls = { ...config.polls, closing: '5s' }
    },
  })
  world = await startWorld(options)
  await world.start('worker')
}, 60_000)
afterAll(() => world.close())

describe('two hundred decisions of fifty people at once at two bots, with two of one group needed and one of another', () => {
  let all: Awaited<ReturnType<typeof crowdOn>>
  beforeAll(async () => {
    all = await crowdOn('agreed', (who, index): readonly How[] => {
      if (who in inTeams) return ['teams', 'approve', 'teams', 'twice']
      if (approvers.has(who))
        return index % 2 ? ['approve', 'twice', 'old', 'approve'] : ['twice', 'approve', 'approve', 'old']
      return ['approve', 'deny', 'twice', 'old']
    })
    await inStatus(world, all.id, 'succeeded')
  }, 90_000)

  test('exactly three distinct people are counted, and the quorum is reached once', async () => {
    const { transfer } = await record(all.id)
    const voters = transfer.decisions.map(({ by }) => ownerOf(by))
    expect(new Set(voters).size).toBe(3)
    expect(transfer.decisions.every(({ verdict }) => verdict === 'approve')).toBe(true)
    expect(seats(voters)).toBe(true)
    expect((await linesOf(all.id, 'quorum_reached')).length).toBe(1)
    expect((await linesOf(all.id, 'decided')).length).toBe(3)
  })

  test('each of the two connections is approved once', () => {
    expect(approvalsOf('agreed')).toEqual(['sql', 'storage'])
  })

  test('each of the two hundred has an answer to each press, and the last word is a final one', () => toldOf(all.told))

  test('what each is told is true of them', () => {
    const recorded = all.told.filter(({ said }) => said.at(-1)?.includes('Your yes is recorded'))
    expect(recorded.map(({ said }) => /\((\d) of 3\)/.exec(said.at(-1) ?? '')?.[1]).sort()).toEqual(['1', '2', '3'])
    for (const each of all.told)
      expect([each.who, each.how, codeOf(each)]).toEqual([each.who, each.how, expect.stringMatching(mayBe(each))])
  })

  test('the audit has one entry of each decision and of each refusal', () => auditedOf(all))
  test('each bot asks for each group once, and for each person', () => askedOnce(all.calls))
})

describe('two hundred decisions at once with fifteen no among them, of the one stage without which there is no quorum', () => {
  let all: Awaited<ReturnType<typeof crowdOn>>
  beforeAll(async () => {
    all = await crowdOn('refused', (who, index): readonly How[] => {
      if (security.includes(who)) return ['form', 'old', 'old', 'old']
      if (who in inTeams) return ['teams', 'approve', 'teams', 'twice']
      return approvers.has(who) && index % 2
        ? ['approve', 'twice', 'old', 'approve']
        : ['twice', 'approve', 'approve', 'old']
    })
    await inStatus(world, all.id, 'denied')
  }, 90_000)

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

  test('each of the two hundred has an answer to each press, and the last word is a final one', () => toldOf(all.told))

  test('what each is told is true of them', () => {
    const noes = all.told.filter(({ how }) => how === 'form').map(codeOf)
    expect(noes.toSorted()).toEqual([...Array.from({ length: 14 }, () => 'already_decided'), 'decided'])
    for (const each of all.told)
      expect([each.who, each.how, codeOf(each)]).toEqual([each.who, each.how, expect.stringMatching(mayBe(each))])
  })

  test('the audit has one entry of each decision and of each refusal', () => auditedOf(all))
  test('each bot asks for each group once, and for each person', () => askedOnce(all.calls))
})

/** Lets the crowd decide at the same time, each at one of two bots that have just heard that both groups changed. */
async function crowdOn(name: string, how: (who: string, index: number) => readonly How[]) {
  const { slack } = world
  slack.control.rateLimits('off')
  const asking = await world.start('bot')
  const id = await ask(world, name)
  const decisions = everybody.flatMap((who, index) => how(who, index).map((each): Decision => ({ who, how: each })))
  const crowd = await crowdBefore(world, id, decisions, cardsIn(name))
  await eventually(async () => (await recordOf(world, id))?.transfer.round?.deliveredAt)
  await asking.term()
  const bots = [await world.start('bot'), await world.start('bot')] as const
  for (const bot of bots) await awaken(bot)
  slack.control.rateLimits(asInSlack)
  const calls = slack.state.calls.length
  const told = await crowd.decide(bots)
  const asked = slack.state.calls.slice(calls)
  slack.control.rateLimits('off')
  await eventually(async () => (await recordOf(world, id))?.transfer.ending)
  await Promise.all(bots.map((bot) => bot.term()))
  return { id, told, calls: asked }
}

/** What a process loads and compiles at its first answers belongs to no click; then it knows of no group any more. */
async function awaken(bot: Running): Promise<void> {
  const { slack } = world
  deliverTo(world, bot)
  await slack.as('U0OPS').command('/drawbridge', 'help')
  await chatted(world, 'ops', 'help')
  await passBy(world, bot)
  for (const { id, users } of slack.state.groups) await slack.control.group(id, users)
}

const words = {
  decided: /Your (yes|no) is recorded/,
  already_decided: /This is decided already: .* said (yes|no)/,
  already_voted: /Your yes is already counted/,
  stage_full: /stage in which you are an approver has all/,
  replaced_round: /The facts on this card have changed/,
  not_approver: /You are not an approver/,
  own_request: /This is your own request/,
  guest: /Guests can neither/,
  stranger: /Only members of this workspace/,
  undeclared: /only people whose accounts in both chats are declared/,
}

/** Which of the sentences the last word is; exactly one. */
function codeOf({ said }: Told): string {
  const last = said.at(-1) ?? ''
  return (
    Object.entries(words)
      .flatMap(([code, text]) => (text.test(last) ? code : []))
      .join(' and ') || last
  )
}

/** What somebody may be told for this, whoever was faster. */
function mayBe({ who, how }: Decision): RegExp {
  if (who === 'U0DANA') return /^own_request$/
  if (who === 'U0GUEST') return /^guest$/
  if (who === 'U0STRANGER') return /^stranger$/
  if (who === 'U0AUD' && how === 'teams') return /^undeclared$/
  if (!approvers.has(who)) return /^not_approver$/
  if (how === 'old') return /^(replaced_round|already_decided)$/
  return how === 'form' ? /^(decided|already_decided)$/ : /^(decided|already_voted|stage_full|already_decided)$/
}

/** All of them, each time; who was to try again had waited for as long as anybody may. */
function toldOf(told: readonly Told[]): void {
  expect(told).toHaveLength(200)
  expect(new Set(told.map(({ who }) => who)).size).toBe(50)
  const presses = told.flatMap(({ who, how, ms, said }) =>
    said.map((words, index) => ({
      who,
      how,
      ms: ms[index] ?? 0,
      isHeard: !unheard.test(words),
      isLast: index === said.length - 1,
    })),
  )
  expect(presses.filter(({ ms }) => ms >= patience)).toEqual([])
  expect(presses.filter(({ isHeard, isLast }) => isLast && !isHeard)).toEqual([])
  expect(presses.filter(({ isHeard, ms }) => !isHeard && ms < 1_500)).toEqual([])
}

/** By account and code, as the audit has them and as they were said; who was told to try again has entries of their own. */
async function auditedOf({ id, told }: { id: string; told: readonly Told[] }): Promise<void> {
  const entries = async () => {
    const lines = await linesOf(id, 'decided', 'decision_refused')
    return lines.map(({ kind, by = '', event = '{}' }) => {
      const { code } = JSON.parse(event) as { code?: string }
      return `${by.split('/').at(-1)} ${kind === 'decided' ? kind : code}`
    })
  }
  const expected = told.map((each) => `${each.account} ${codeOf(each)}`)
  const final = (await entries()).filter((each) => !/ (try_again|store_down|store_unsure)$/.test(each))
  expect(final.toSorted()).toEqual(expected.toSorted())
}

/** Two bots that knew no group: each asks for each of them once, and for a person at most once. */
function askedOnce(calls: readonly { method: string; args: Readonly<Record<string, unknown>> }[]): void {
  const asked = (method: string, of: string) =>
    Object.values(
      Object.groupBy(
        calls.filter((call) => call.method === method),
        ({ args }) => String(args[of]),
      ),
    ).map((each) => each?.length ?? 0)
  expect(asked('usergroups.users.list', 'usergroup')).toEqual([2, 2])
  expect(Math.max(...asked('users.info', 'user'))).toBeLessThanOrEqual(2)
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

/** Two of the first group and one of the second, each sitting once. */
function seats(voters: readonly string[]): boolean {
  return voters.some(
    (one) =>
      security.includes(one) && voters.filter((each) => each !== one).every((each) => administrators.includes(each)),
  )
}
