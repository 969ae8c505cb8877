import { describe, expect, test } from 'vitest'
import { toWatch } from '../src/transfer/after-end.ts'
import { apply, applyAll } from '../src/transfer/apply.ts'
import { causeOf } from '../src/transfer/cancel.ts'
import { Refusal } from '../src/transfer/errors.ts'
import type { Event } from '../src/transfer/events.ts'
import {
  type Changed,
  type Connection,
  type Decision,
  finalStatuses,
  type Plan,
  type Question,
  type Rule,
  type Side,
  type Transfer,
  type Withdrawal,
  workingStatuses,
} from '../src/transfer/model.ts'
import { declaredSince } from '../src/transfer/people.ts'
import { mostQuestions, readQuestion } from '../src/transfer/question.ts'
import { tally } from '../src/transfer/quorum.ts'
import { ruleVersion, ruleVersions } from '../src/transfer/rule-version.ts'
import { askedAt, ruleOf, transferOf } from './support/transfers.ts'

const hour = 3_600_000
const asker = 'slack:T1/UASKER'
const sam = 'slack:T1/UAPPROVER'
const samInTeams = 'teams:t1/sam'
const lee = 'slack:T1/ULEE'

const plan: Plan = {
  at: askedAt,
  location: 'westeurope',
  serverHost: 's.database.windows.net',
  edition: 'Standard',
  objective: 'S3',
  databaseStatus: 'Online',
  accountSku: 'Standard_LRS',
  accountKind: 'StorageV2',
  uri: 'https://backups.blob.core.windows.net/bacpacs/k3v9x2mq.bacpac',
}

/** A transfer whose cards are out; two of three approvers are needed. */
function askedTransfer(rule: Partial<Rule> = {}): Transfer {
  const stages = [{ approvers: [sam, lee, samInTeams], need: 2 }]
  const first = { ...transferOf('k3v9x2mq'), rule: { ...ruleOf(), stages, ...rule } }
  return applyAll(first, [
    { type: 'planned', at: askedAt + 1, plan },
    { type: 'submit_intended', at: askedAt + 1, attempt: 1, token: 't', snapshot: [] },
    {
      type: 'submitted',
      at: askedAt + 2,
      operation: { id: 'op', resultUrl: 'https://x/', startedAt: 1, adopted: false },
    },
    { type: 'connections_seen', at: askedAt + 3, connections: [connection('sql'), connection('storage')] },
    { type: 'asked', at: askedAt + 4, changed: [] },
    { type: 'card_delivered', at: askedAt + 5 },
  ])
}

function connection(side: Side): Connection {
  return { side, id: `id-${side}`, name: side, privateEndpoint: `pe-${side}`, state: 'Pending', named: true }
}

function question(transfer: Transfer, change: Partial<Question> = {}): Event {
  const at = askedAt + 10
  const digest = transfer.round?.digest ?? ''
  const version = ruleVersion(transfer.rule)
  return {
    type: 'question_asked',
    at,
    question: { by: sam, text: 'why today?', at, digest, stages: [0], ruleVersion: version, ...change },
  }
}

function decision(transfer: Transfer, change: Partial<Decision> = {}): Extract<Event, { type: 'decided' }> {
  const at = askedAt + 20
  const digest = transfer.round?.digest ?? ''
  return { type: 'decided', at, decision: { by: sam, verdict: 'approve', at, digest, stages: [0], ...change } }
}

function withdrawal(transfer: Transfer, change: Partial<Withdrawal> = {}): Event {
  const at = askedAt + 30
  const shown = transfer.round ? { digest: transfer.round.digest } : {}
  return {
    type: 'withdrawn',
    at,
    withdrawal: { by: asker, at, ruleVersion: ruleVersion(transfer.rule), ...shown, ...change },
  }
}

function refusalOf(transfer: Transfer, event: Event): string {
  try {
    apply(transfer, event)
  } catch (error) {
    if (error instanceof Refusal) return error.code
    throw error
  }
  return 'accepted'
}

describe('a question', () => {
  test('is kept with who asked it, what they were shown and under which rule, and told with when the time is over', () => {
    const asked = askedTransfer()
    const { questions, story, round, decisions } = apply(asked, question(asked))
    const { digest = '', expiresAt } = asked.round ?? {}
    const kept = {
      by: sam,
      text: 'why today?',
      at: askedAt + 10,
      digest,
      stages: [0],
      ruleVersion: ruleVersion(asked.rule),
    }
    expect(questions).toEqual([kept])
    expect(story.at(-1)).toEqual({
      at: askedAt + 10,
      kind: 'question_asked',
      by: sam,
      text: 'why today?',
      until: expiresAt,
    })
    expect({ round, decisions }).toEqual({ round: asked.round, decisions: [] })
  })

  test('leaves every yes where it is', () => {
    const asked = askedTransfer()
    const one = apply(asked, decision(asked, { by: lee }))
    expect(tally(apply(one, question(one)))).toEqual(tally(one))
  })

  const asked = askedTransfer()
  const decided = applyAll(asked, [decision(asked), decision(asked, { by: lee })])
  const denied = apply(asked, decision(asked, { verdict: 'deny', reason: 'no' }))
  const many = applyAll(
    asked,
    Array.from({ length: mostQuestions }, () => question(asked)),
  )
  test.each<[string, Transfer, Partial<Question>, string]>([
    ['of an approver', asked, {}, 'accepted'],
    ['of the requester', asked, { by: asker }, 'own_request'],
    ['of the requester’s other account', asked, { by: samInTeams, also: [asker] }, 'own_request'],
    ['from the other chat, undeclared', asked, { by: samInTeams }, 'undeclared'],
    ['from the other chat, declared', asked, { by: samInTeams, also: [sam] }, 'accepted'],
    ['of somebody else', asked, { stages: [] }, 'not_approver'],
    ['about an older card', asked, { digest: 'old' }, 'replaced_round'],
    ['after the time is over', asked, { at: askedAt + 5 + hour }, 'expired'],
    ['once it is cancelled', apply(asked, { type: 'cancel_asked', at: askedAt + 9, by: lee }), {}, 'already_cancelled'],
    ['once it is withdrawn', apply(asked, withdrawal(asked)), {}, 'already_withdrawn'],
    ['once it is approved', decided, {}, 'not_asking'],
    ['once it is denied', denied, {}, 'not_asking'],
    ['before anybody is asked', transferOf('k3v9x2mq'), {}, 'not_asking'],
    ['while it runs', { ...asked, status: 'running' }, {}, 'not_asking'],
    ['that is one too many', many, {}, 'too_many_questions'],
  ])('%s is answered', (_, transfer, change, answer) => {
    expect(refusalOf(transfer, question(transfer, change))).toBe(answer)
  })

  test.each([
    ['  “why   today?” ', 'why today?'],
    ['is `orders` the right one?', 'is `orders` the right one?'],
  ])('%j is kept on one line', (typed, kept) => {
    expect(readQuestion(typed)).toBe(kept)
  })

  test.each([
    ['   ', 'question_required'],
    ['x'.repeat(501), 'question_too_long'],
    ['is password=hunter2 still right?', 'secret_in_text'],
  ])('%j is not', (typed, code) => {
    expect(() => readQuestion(typed)).toThrow(code)
  })
})

describe('a withdrawal', () => {
  test('is kept like a decision, told as one by the requester, and ends as withdrawn', () => {
    const asked = askedTransfer()
    const { cancel, story } = apply(asked, withdrawal(asked, { reason: 'not needed' }))
    const { digest = '' } = asked.round ?? {}
    const version = { digest, ruleVersion: ruleVersion(asked.rule) }
    expect(cancel).toEqual({ by: asker, at: askedAt + 30, reason: 'not needed', ...version, withdrawn: true })
    expect(story.at(-1)).toEqual({ at: askedAt + 30, kind: 'withdrawn', by: asker, reason: 'not needed' })
    expect(cancel && causeOf(cancel)).toBe('withdrawn')
  })

  test.each(workingStatuses.filter((status) => status !== 'closing'))('counts in %s', (status) => {
    const transfer = { ...askedTransfer(), status }
    expect(refusalOf(transfer, withdrawal(transfer))).toBe('accepted')
  })

  const asked = askedTransfer()
  test.each<[string, Transfer, Partial<Withdrawal>, string]>([
    ['by the requester’s other account', asked, { by: samInTeams, also: [asker] }, 'accepted'],
    ['by an approver', asked, { by: sam }, 'not_withdrawer'],
    ['twice', apply(asked, withdrawal(asked)), {}, 'already_withdrawn'],
    [
      'after a wish to cancel',
      apply(asked, { type: 'cancel_asked', at: askedAt + 9, by: lee }),
      {},
      'already_cancelled',
    ],
    ['while it is closed', { ...asked, status: 'closing' }, {}, 'not_stoppable'],
    ...finalStatuses.map((status): [string, Transfer, object, string] => {
      return [`when it is ${status}`, { ...asked, status }, {}, 'not_stoppable']
    }),
  ])('%s is answered', (_, transfer, change, answer) => {
    expect(refusalOf(transfer, withdrawal(transfer, change))).toBe(answer)
  })

  test('stops every decision after it, also once it has ended', () => {
    const gone = apply(asked, withdrawal(asked))
    for (const status of ['awaiting_approval', 'closing', 'cancelled'] as const) {
      expect(refusalOf({ ...gone, status }, decision(gone))).toBe('already_withdrawn')
    }
  })
})

describe('a person with an account in both chats', () => {
  const inSlack = { by: sam, also: [samInTeams] }
  const inTeams = { by: samInTeams, also: [sam] }

  test('takes their yes back with either account', () => {
    const asked = askedTransfer()
    const one = apply(asked, decision(asked, inSlack))
    expect(refusalOf(one, decision(one, inTeams))).toBe('already_voted')
    const turned = apply(one, decision(one, { ...inTeams, verdict: 'deny', reason: 'on second thought' }))
    expect(tally(turned)).toMatchObject({ have: 0, reached: false, approvals: [], denied: { by: samInTeams } })
    expect(refusalOf(turned, decision(turned, { by: lee }))).toBe('already_decided')
  })

  test('counts once, also when they were declared only after their first yes', () => {
    const asked = askedTransfer()
    const one = apply(asked, decision(asked, { by: sam }))
    expect(refusalOf(one, decision(one, inTeams))).toBe('already_voted')
    expect(tally(apply(one, decision(one, { by: lee }))).reached).toBe(true)
  })

  describe('who is declared only after both accounts said yes', () => {
    const three = [{ approvers: [sam, lee, samInTeams, 'slack:T1/UKIM'], need: 3 }]
    const asked = askedTransfer({ stages: three })
    const one = apply(asked, decision(asked, { by: sam }))
    const both = apply(one, decision(one, { by: samInTeams, ...{ also: ['slack:T1/UOTHER'] } }))
    const last = decision(both, { by: lee })

    test('counts once from the next decision on', () => {
      const since = declaredSince([{ accounts: [sam, samInTeams] }], both.decisions)
      expect(since.map(({ by }) => by)).toEqual([sam, samInTeams])
      const next = apply(both, { ...last, since })
      expect(tally(next)).toMatchObject({ have: 2, need: 3, reached: false })
      expect(next.story.at(-1)).toMatchObject({ kind: 'decided', have: 2 })
      const kim = apply(next, decision(next, { by: 'slack:T1/UKIM' }))
      expect(tally(kim).reached).toBe(true)
    })

    test('counts not at all when they are the requester', () => {
      const since = declaredSince([{ accounts: [asker, sam] }], both.decisions)
      expect(tally(apply(both, { ...last, since }))).toMatchObject({ have: 2, reached: false })
    })

    test('is no news while the file says what it said then', () => {
      expect(declaredSince([], both.decisions)).toEqual([])
      expect(tally(apply(both, last)).reached).toBe(true)
    })
  })
})

describe('the version of a rule', () => {
  const rule = ruleOf()

  test('is the same for the same rule in any order of its keys, and another one for any change', () => {
    expect(ruleVersion(rule)).toMatch(/^[0-9a-f]{12}$/)
    expect(ruleVersion(Object.fromEntries(Object.entries(rule).toReversed()) as Rule)).toBe(ruleVersion(rule))
    const changes: readonly Partial<Rule>[] = [
      { maxOpen: 4 },
      { confirm: true },
      { stages: [{ approvers: [sam], need: 2 }] },
    ]
    const versions = changes.map((change) => ruleVersion({ ...rule, ...change }))
    expect(new Set([ruleVersion(rule), ...versions]).size).toBe(4)
  })

  test('is kept twice only where today’s rule is another one', () => {
    const today = { ...rule, maxOpen: 4 }
    expect(ruleVersions(rule, rule)).toEqual({ ruleVersion: ruleVersion(rule) })
    expect(ruleVersions(rule, undefined)).toEqual({ ruleVersion: ruleVersion(rule) })
    expect(ruleVersions(rule, today)).toEqual({ ruleVersion: ruleVersion(rule), ruleToday: ruleVersion(today) })
  })
})

describe('after the end', () => {
  const [sql, storage] = [connection('sql'), { ...connection('storage'), state: 'Rejected' as const }]
  const ended = (rule: Partial<Rule> = {}, leftOver: readonly Connection[] = [sql, storage]): Transfer => {
    const ending = { outcome: 'failed', at: askedAt, leftOver, nothingSent: false } as const
    return { ...askedTransfer(rule), status: 'failed', ending }
  }
  const changed = (id: string, quiet?: true): Event => {
    const change: Changed = { side: 'sql', id, name: 'sql', was: 'Pending', now: 'Approved' }
    return { type: 'connections_changed', at: askedAt + hour, changed: [change], ...(quiet ? { quiet } : {}) }
  }

  test('a connection that the end listed and that changes is told once', () => {
    const told = apply(ended(), changed('ID-SQL'))
    expect(told.story.at(-1)).toMatchObject({ kind: 'connections_changed', changed: [{ now: 'Approved' }] })
    expect(told).toMatchObject({ status: 'failed', afterEnd: [{ id: 'ID-SQL' }] })
    expect(toWatch(told)).toEqual([storage])
    expect(() => apply(told, changed('id-sql'))).toThrow(/cannot follow/)
  })

  test('one that Azure clears up at once is noted without a word', () => {
    const noted = apply(ended(), changed('id-sql', true))
    expect(noted.story).toEqual(ended().story)
    expect(toWatch(noted)).toEqual([storage])
  })

  test('nothing is looked at that is not ours, is being removed, or is gone', () => {
    expect(toWatch(askedTransfer())).toEqual([])
    expect(toWatch(ended({}, []))).toEqual([])
    expect(toWatch(ended({ leftOver: 'remove' }))).toEqual([])
    const settled = (state: 'removed' | 'gone' | 'kept', code?: string) => {
      const fault = code === undefined ? {} : { fault: { code, message: '' } }
      const outcomes = [{ side: 'sql', id: 'id-sql', name: 'sql', state, ...fault } as const]
      return toWatch({ ...ended({ leftOver: 'remove' }, [sql]), leftOver: outcomes })
    }
    expect([settled('removed'), settled('gone'), settled('kept', 'ForeignConnection')]).toEqual([[], [], []])
    expect(settled('kept', 'AuthorizationFailed')).toEqual([sql])
    expect(() => apply(ended(), changed('foreign'))).toThrow(/cannot follow/)
    expect(() => apply(askedTransfer(), changed('id-sql'))).toThrow(/cannot follow/)
  })
})
