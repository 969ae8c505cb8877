import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { GROUPS, PEOPLE } from '../sandbox/teams/index.ts'
import { gapIn } from '../src/bot/approver-sets.ts'
import { type ApproverCheck, createApproverCheck } from '../src/bot/check-approvers.ts'
import type { Rule } from '../src/transfer/model.ts'
import type { Declared } from '../src/transfer/policy.ts'
import { inTeams, startTeamsAdapter, type TeamsAdapter } from './support/teams-adapter.ts'
import { transferOf } from './support/transfers.ts'

const group = (name: keyof typeof GROUPS): string => inTeams(`group:${GROUPS[name]}`)
const dana = inTeams(PEOPLE.dana)
const sam = inTeams(PEOPLE.sam)
const model = transferOf('k3v9x2mq').rule
const rule = (name: string, change: Partial<Rule>): Rule => ({ ...model, name, requesters: ['anyone'], ...change })

describe('what a rule lacks', () => {
  const people = async (approvers: readonly string[]) => approvers.map((by) => ({ by }))
  const both = { by: 'slack:T1/U1', also: ['teams:t/1'] }

  test.each([
    ['nothing', [{ approvers: ['a', 'b'], need: 2 }], undefined],
    [
      'nothing, of two stages',
      [
        { approvers: ['a'], need: 1 },
        { approvers: ['a', 'b'], need: 1 },
      ],
      undefined,
    ],
    ['people', [{ approvers: ['a', 'slack:T1/S1'], need: 3 }], { need: 3, found: 2, groups: ['slack:T1/S1'] }],
    [
      'people of a stage',
      [
        { approvers: ['a'], need: 1 },
        { approvers: [], need: 1 },
      ],
      { where: 'stage 2', need: 1, found: 0, groups: [] },
    ],
    [
      'distinct people, as each counts in one stage',
      [
        { approvers: ['a', 'teams:t/group:g'], need: 2 },
        { approvers: ['a'], need: 1 },
      ],
      { where: 'its stages together', need: 3, found: 2, groups: ['teams:t/group:g'] },
    ],
  ])('is %s', async (_name, stages, gap) => {
    expect(await gapIn({ stages }, people)).toEqual(gap)
  })

  test('counts the accounts of one person once in all stages', async () => {
    const stages = [
      { approvers: ['slack:T1/U1'], need: 1 },
      { approvers: ['teams:t/1'], need: 1 },
    ]
    const known = async ([id = '']: readonly string[]) => [id === both.by ? both : { by: id, also: [both.by] }]
    expect(await gapIn({ stages }, known)).toEqual({ where: 'its stages together', need: 2, found: 1, groups: [] })
  })

  test('is known soon of groups of thousands', async () => {
    const many = Array.from({ length: 5_000 }, (_, index) => ({ by: `teams:t/${index}` }))
    const stages = [
      { approvers: ['g'], need: 2 },
      { approvers: ['g'], need: 2 },
    ]
    const started = performance.now()
    expect(await gapIn({ stages }, async () => many)).toBeUndefined()
    expect(performance.now() - started).toBeLessThan(500)
  })
})

describe('at start', () => {
  let adapter: TeamsAdapter
  let check: ApproverCheck | undefined
  beforeEach(async () => {
    adapter = await startTeamsAdapter({ groups: true })
    await adapter.teams.token()
  })
  afterEach(async () => {
    check?.stop()
    await adapter.close()
  })

  const begin = (rules: readonly Rule[], people: readonly Declared[] = [], again = 30): ApproverCheck => {
    const policy = { catalogue: { databases: [], storage: [] }, rules, operators: [], auditors: [], people }
    const note = (fields: object, message: string) => void adapter.logged.push(`${message} ${JSON.stringify(fields)}`)
    const log = { info: note, warn: note, error: note }
    check = createApproverCheck({ policy, directory: adapter.everybody, log, again })
    check.start()
    return check
  }
  const warnings = () => adapter.logged.filter((line) => line.includes('approvers') || line.includes('a yes under'))

  test('a rule whose group has too few people is told with the group, and does no harm', async () => {
    const short = rule('short', { stages: [{ approvers: [group('empty')], need: 1 }] })
    const fine = rule('fine', { stages: [{ approvers: [group('dba')], need: 2 }] })
    const { ready } = begin([short, fine])
    await expect.poll(warnings).toHaveLength(1)
    expect(warnings()[0]).toContain('every request is refused: add people to its groups')
    expect(warnings()[0]).toContain(
      JSON.stringify({ rule: 'short', need: 1, found: 0, groups: [{ group: group('empty'), name: 'Nobody yet' }] }),
    )
    await expect.poll(ready).toEqual({
      approvers: { ok: true, reason: 'too few people could say yes, see the log: short' },
    })
    adapter.teams.control.group(GROUPS.empty, { members: [PEOPLE.rio] })
    adapter.directory.onMembershipChange()
    await expect.poll(ready).toEqual({})
    expect(warnings()).toHaveLength(1)
  })

  test('a rule under which the requester alone could decide is told', async () => {
    const own = rule('own', { requesters: [dana], stages: [{ approvers: [group('alone')], need: 1 }] })
    const other = rule('other', { requesters: [sam, dana], stages: [{ approvers: [group('alone')], need: 1 }] })
    begin([own, other])
    await expect.poll(warnings).toHaveLength(1)
    expect(warnings()[0]).toContain('nobody who may ask could get a yes under this rule')
    expect(warnings()[0]).toContain('"rule":"own"')
  })

  test('what Graph does not say is read again until it does; a rule without groups costs nothing', async () => {
    adapter.teams.control.fault({ match: { method: 'graphMembers' }, times: 2, action: { status: 503 } })
    const named = rule('named', { stages: [{ approvers: [sam], need: 1 }] })
    begin([rule('short', { stages: [{ approvers: [group('empty')], need: 1 }] }), named])
    await expect.poll(warnings).toHaveLength(1)
    const read = adapter.teams.state.calls.filter(({ method }) => method === 'graphMembers')
    expect(read.map(({ status }) => status).slice(0, 3)).toEqual([503, 503, 200])
    check?.stop()
    adapter.teams.state.calls.length = 0
    begin([named])
    expect(check?.ready()).toEqual({})
    expect(adapter.teams.state.calls).toEqual([])
  })

  test('what the bot may not read is told with what to grant', async () => {
    adapter.teams.control.graph({ permissions: [] })
    begin([rule('asked', { requesters: [group('dba')], stages: [{ approvers: [sam], need: 1 }] })])
    await expect.poll(() => adapter.logged.join()).toContain('GroupMember.Read.All and User.Read.All')
    expect(check?.ready()).toEqual({})
  })
})
