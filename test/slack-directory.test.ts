import { afterEach, beforeEach, expect, test } from 'vitest'
import { type SlackSandbox, startSlackSandbox } from '../sandbox/slack/index.ts'
import { createSlackDirectory, type SlackDirectory } from '../src/bot/slack-directory.ts'
import { TransientError } from '../src/transfer/errors.ts'

const logged: string[] = []
const note = (fields: object, message: string) => void logged.push(`${message} ${JSON.stringify(fields)}`)
const log = { info: note, warn: note, error: note }
const of = (id: string) => `slack:T0SANDBOX/${id}`
const dba = of('S0DBA')

let slack: SlackSandbox
let directory: SlackDirectory
let now: number

beforeEach(async () => {
  logged.length = 0
  now = 0
  slack = await startSlackSandbox()
  const access = { slack: { team: slack.teamId, apiUrl: slack.apiUrl }, botToken: slack.botToken, log }
  directory = createSlackDirectory({ ...access, now: () => now })
})
afterEach(() => slack.close())

const calls = (method: string) => slack.state.calls.filter((call) => call.method === method).length

test.each([
  ['U0DANA', 'member'],
  ['U0GUEST', 'guest'],
  ['U0STRANGER', 'stranger'],
  ['U0NOBODY', 'stranger'],
  ['S0DBA', 'stranger'],
])('%s is a %s', async (id, standing) => {
  expect(await directory.standing(of(id))).toBe(standing)
})

test('somebody of another team is a stranger, whatever their id', async () => {
  expect(await directory.standing('slack:T0OTHER/U0SAM')).toBe('stranger')
  expect(await directory.among('slack:T0OTHER/U0SAM', [dba, 'anyone', 'slack:T0OTHER/U0SAM'])).toEqual([])
  expect(calls('users.info')).toBe(0)
})

test('somebody who left has no say any more', async () => {
  slack.control.user('U0SAM', { deleted: true })
  expect(await directory.standing(of('U0SAM'))).toBe('deactivated')
  expect(await directory.among(of('U0SAM'), [dba, of('U0SAM'), 'anyone'])).toEqual([])
  expect(await directory.people([dba])).toEqual([of('U0LEE')])
})

test('people belong to their groups, to themselves, and full members to anyone', async () => {
  expect(await directory.among(of('U0SAM'), [dba, of('U0SAM'), of('U0LEE'), 'anyone'])).toEqual([
    dba,
    of('U0SAM'),
    'anyone',
  ])
  expect(await directory.among(of('U0RIO'), [dba])).toEqual([])
  expect(await directory.among(of('U0GUEST'), ['anyone'])).toEqual([])
})

test('the people behind principals are counted once, without bots, guests and strangers', async () => {
  await slack.control.group('S0DBA', ['U0SAM', 'U0DRAWBRDG', 'U0GUEST', 'U0STRANGER'])
  expect(await directory.people([dba, of('U0SAM'), of('U0DANA'), 'anyone'])).toEqual([of('U0SAM'), of('U0DANA')])
  expect(await directory.among(of('U0DRAWBRDG'), [dba, 'anyone'])).toEqual([])
  expect(await directory.among(of('U0GUEST'), [dba, of('U0GUEST')])).toEqual([])
})

test('answers are kept for 60 s and no longer', async () => {
  await directory.among(of('U0SAM'), [dba])
  now = 59_999
  await directory.among(of('U0SAM'), [dba])
  expect([calls('users.info'), calls('usergroups.users.list')]).toEqual([1, 1])
  await slack.control.group('S0DBA', ['U0RIO'])
  expect(await directory.among(of('U0SAM'), [dba])).toEqual([dba])
  now = 60_000
  expect(await directory.among(of('U0SAM'), [dba])).toEqual([])
})

test('many who ask at once cost one call', async () => {
  await Promise.all(Array.from({ length: 20 }, () => directory.among(of('U0SAM'), [dba])))
  expect([calls('users.info'), calls('usergroups.users.list')]).toEqual([1, 1])
})

test('a change of a group counts at once', async () => {
  await directory.among(of('U0SAM'), [dba])
  await slack.control.group('S0DBA', ['U0RIO'])
  directory.onMembershipChange(dba)
  expect(await directory.among(of('U0SAM'), [dba])).toEqual([])
})

test('a change while the group is being read counts for whoever asks after it', async () => {
  let arrived: (() => void) | undefined
  const asked = new Promise<void>((resolve) => {
    arrived = resolve
  })
  const go = Promise.withResolvers<void>()
  const stop = slack.onRequest(async ({ method, phase }) => {
    if (method !== 'usergroups.users.list' || phase !== 'after') return
    stop()
    arrived?.()
    await go.promise
  })
  const before = directory.among(of('U0SAM'), [dba])
  await asked
  await slack.control.group('S0DBA', ['U0RIO'])
  directory.onMembershipChange(dba)
  const after = directory.among(of('U0SAM'), [dba])
  go.resolve()
  expect(await before).toEqual([dba])
  expect(await after).toEqual([])
})

test.each(['users.info', 'usergroups.users.list'])(
  '%s that hangs is given up within 1.2 s and asked again',
  async (method) => {
    slack.control.fault({ match: { method }, action: { hang: 'forever' } })
    const started = performance.now()
    const failed = directory.among(of('U0SAM'), [dba])
    await expect(failed).rejects.toBeInstanceOf(TransientError)
    expect(performance.now() - started).toBeLessThan(2_000)
    expect(await directory.among(of('U0SAM'), [dba])).toEqual([dba])
  },
)

test('a right is never taken from an answer that is too old because Slack is down', async () => {
  await directory.among(of('U0SAM'), [dba])
  now = 60_000
  await slack.control.down()
  await expect(directory.among(of('U0SAM'), [dba])).rejects.toBeInstanceOf(TransientError)
  await slack.control.up()
})

test.each(['no_such_subteam', 'missing_scope', 'plan_upgrade_required'])(
  'a group that cannot be read for good (%s) is empty, and the log says so',
  async (error) => {
    slack.control.fault({ match: { method: 'usergroups.users.list' }, action: { error } })
    expect(await directory.among(of('U0SAM'), [dba, of('U0SAM')])).toEqual([of('U0SAM')])
    expect(logged.join()).toContain('counts as empty')
  },
)

test('a missing scope for people is no answer about anybody', async () => {
  slack.control.scopes(['usergroups:read'])
  await expect(directory.standing(of('U0SAM'))).rejects.toMatchObject({
    name: 'TransientError',
    fault: { code: 'missing_scope' },
  })
})
