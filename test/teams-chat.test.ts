import { Redis } from 'ioredis'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  APP,
  CHANNELS,
  type ConnectorCall,
  type FaultAction,
  type Fields,
  HOME_TENANT,
  MEETING,
  PEOPLE,
  person,
  renderMessage,
  seedState,
} from '../sandbox/teams/index.ts'
import type { View } from '../src/cards/view.ts'
import { createPace } from '../src/queue/pace.ts'
import { PermanentError, TransientError } from '../src/transfer/errors.ts'
import { startTestRedis } from './support/redis.ts'
import {
  cardView,
  drawingOf,
  inTeams,
  startTeamsAdapter,
  type TeamsAdapter,
  textDrawing,
} from './support/teams-adapter.ts'
import { transferAt } from './support/teams-transfers.ts'

const mark = { transfer: 'k3v9x2mq', slot: 'root' }
const to = (id: string) => ({ address: inTeams(id) })
const rootIn = (channel: string, id: string) => inTeams(`${channel};messageid=${id}`, id)

let adapter: TeamsAdapter
/** A fresh one for each test of the group. */
function fresh(): void {
  beforeEach(async () => {
    adapter = await startTeamsAdapter()
  })
  afterEach(() => adapter.close())
}

const calls = (...methods: ConnectorCall['method'][]) =>
  adapter.teams.state.calls.filter(({ method }) => methods.includes(method))
const idOf = (ref: string) => ref.split('/').at(-1) ?? ''
const said = (ref: string) => adapter.teams.state.messages.find(({ id }) => id === idOf(ref))
const shown = (ref: string) => {
  const message = said(ref)
  return message ? renderMessage(message, adapter.teams.state) : ''
}
const cardOf = (ref: string) => said(ref)?.attachments[0]?.content as Fields
const post = (id: string, text = 'hello') => adapter.chat.post(to(id), textDrawing(text), mark)

describe('a message', () => {
  fresh()

  test('to a channel is a new post with a summary, and has a link', async () => {
    const { ref, link } = await post(CHANNELS.dba, 'Export of orders')
    const id = idOf(ref)
    expect(ref).toBe(rootIn(CHANNELS.dba, id))
    expect(said(ref)).toMatchObject({ conversation: CHANNELS.dba, rootId: id, summary: 'Export of orders' })
    expect(shown(ref)).toContain('Export of orders')
    expect(link).toBe(
      `https://teams.microsoft.com/l/message/${encodeURIComponent(CHANNELS.dba)}/${id}?tenantId=${HOME_TENANT}&parentMessageId=${id}`,
    )
  })

  test('goes below the message that names the thread, and its link says below which', async () => {
    const { ref: root } = await post(CHANNELS.dba, 'root')
    const { ref, link } = await adapter.chat.post({ ...to(PEOPLE.sam), thread: root }, textDrawing('reply'), mark)
    expect(said(ref)).toMatchObject({ conversation: CHANNELS.dba, rootId: idOf(root) })
    expect(idOf(ref)).not.toBe(idOf(root))
    expect(new URL(link ?? '').searchParams.get('parentMessageId')).toBe(idOf(root))
  })

  test('to a group chat goes there, as there are no threads', async () => {
    const { ref: root, link } = await post(MEETING, 'root')
    expect(root).toBe(inTeams(MEETING, idOf(root)))
    expect(new URL(link ?? '').searchParams.get('context')).toBe('{"contextType":"chat"}')
    const { ref } = await adapter.chat.post({ ...to(MEETING), thread: root }, textDrawing('reply'), mark)
    expect(said(ref)).toMatchObject({ conversation: MEETING })
    expect(calls('create')).toEqual([])
  })

  test('reaches a person who never wrote, in a personal chat that is opened once and has no link', async () => {
    const { ref, link } = await post(PEOPLE.sam, 'one')
    await post(PEOPLE.sam, 'two')
    const conversation = said(ref)?.conversation
    expect(adapter.teams.state.conversations.find(({ id }) => id === conversation)).toMatchObject({
      kind: 'personal',
      person: adapter.teams.as('sam').user.id,
    })
    expect(calls('create')).toHaveLength(1)
    expect(link).toBeUndefined()
    await adapter.chat.post({ ...to(PEOPLE.sam), thread: ref }, textDrawing('three'), mark)
    expect(adapter.teams.state.messages.at(-1)).toMatchObject({ conversation })
  })

  test('is edited in place, and taken away', async () => {
    for (const place of [CHANNELS.dba, MEETING, PEOPLE.sam]) {
      const { ref } = await post(place, 'one')
      await adapter.chat.update(ref, textDrawing('two'))
      expect(said(ref)?.edits).toHaveLength(2)
      expect(shown(ref)).toContain('two')
      await adapter.chat.remove(ref)
      expect(said(ref)?.deleted).toBe(true)
      await adapter.chat.remove(ref)
    }
  })

  test('is not found again by its mark: Teams tells nobody what was posted', async () => {
    expect(await adapter.chat.find(to(CHANNELS.dba), mark, 0)).toBe('unreadable')
  })

  test('that was drawn from a record is one that Teams takes', async () => {
    for (const slot of [
      { kind: 'root', key: 'root' },
      { kind: 'card', key: 'card', round: 1, address: '' },
    ] as const) {
      const drawn = adapter.chat.draw(transferAt('awaiting_approval'), slot, 1_750_000_000_000)
      const { ref } = await adapter.chat.post(to(CHANNELS.dba), drawn, mark)
      expect(shown(ref)).toContain('orders')
    }
  })

  test('only those who are there are mentioned, others are named', async () => {
    await adapter.teams.as('lee').say('list')
    const line = [
      { mention: inTeams(PEOPLE.sam) },
      ' and ',
      { mention: inTeams(PEOPLE.lee) },
      ' and ',
      { mention: inTeams(PEOPLE.stranger) },
    ]
    const view: View = { text: ['who'], blocks: [{ kind: 'lines', lines: [line] }] }
    const { ref } = await adapter.chat.post(to(MEETING), drawingOf(view), mark)
    expect((cardOf(ref).msteams as Fields).entities).toEqual([
      { type: 'mention', text: '<at>Sam Okafor</at>', mentioned: { id: PEOPLE.sam, name: 'Sam Okafor' } },
    ])
    expect(shown(ref)).toContain('Sam Okafor and Lee Novak and Stella Stranger')
  })

  test('the bot is who writes', async () => {
    const { ref } = await post(MEETING)
    expect(said(ref)?.from).toBe(APP.bot)
  })
})

describe('a card that can be decided on', () => {
  fresh()

  const asks = (...approvers: string[]) => ({
    transfer: 'k3v9x2mq',
    round: 2,
    approvers: approvers.map((each) => inTeams(each)),
  })
  const ask = async (place: string, ...approvers: string[]) => {
    const { ref } = await adapter.chat.post(to(place), drawingOf(cardView('Approve?'), asks(...approvers)), mark)
    return { refresh: cardOf(ref).refresh, buttons: shown(ref).includes('[') }
  }
  const mri = (name: string) => adapter.teams.as(name).user.id

  test('is fetched anew by the approvers who are there, and has no buttons for the others', async () => {
    const { refresh, buttons } = await ask(MEETING, PEOPLE.sam, PEOPLE.lee, PEOPLE.rio)
    expect(refresh).toEqual({
      action: { type: 'Action.Execute', verb: 'refresh', data: { transfer: 'k3v9x2mq', round: 2 } },
      userIds: [mri('sam'), mri('rio')],
    })
    expect(buttons).toBe(false)
  })

  test('has its buttons for everybody when no approver is there', async () => {
    expect(await ask(MEETING, PEOPLE.lee)).toEqual({ refresh: undefined, buttons: true })
  })

  test('has its buttons for everybody when it cannot be read who is there', async () => {
    adapter.teams.control.fault({ match: { method: 'member' }, times: 'forever', action: { status: 503 } })
    expect(await ask(CHANNELS.dba, PEOPLE.sam)).toEqual({ refresh: undefined, buttons: true })
  })

  test('has its buttons in a personal chat, where nobody else is', async () => {
    expect(await ask(PEOPLE.sam, PEOPLE.sam)).toEqual({ refresh: undefined, buttons: true })
    expect(calls('member')).toEqual([])
  })

  test.each([60, 61])('of %i approvers is fetched anew by at most 60', async (count) => {
    const seed = seedState()
    const many = Array.from({ length: count }, (_, n) =>
      person(`p${n}`, `Person ${n}`, `cc000000-0000-4000-8000-${String(n).padStart(12, '0')}`),
    )
    const conversations = seed.conversations.map((each) => ({
      ...each,
      members: each.id === CHANNELS.dba ? many.map(({ id }) => id) : each.members,
    }))
    await adapter.close()
    adapter = await startTeamsAdapter({ sandbox: { seed: { users: [...seed.users, ...many], conversations } } })
    const { refresh, buttons } = await ask(CHANNELS.dba, ...many.map(({ objectId = '' }) => objectId))
    const { userIds } = (refresh ?? { userIds: [] }) as { userIds: string[] }
    expect([userIds.length, buttons]).toEqual(count > 60 ? [0, true] : [60, false])
  })
})

describe('what Teams refuses', () => {
  fresh()

  const refused = (action: FaultAction, method: ConnectorCall['method'] = 'send') => {
    adapter.teams.control.fault({ match: { method }, action })
    return post(method === 'create' ? CHANNELS.dba : MEETING).catch((error: unknown) => error)
  }

  test.each([
    [403, 'BotNotInConversationRoster'],
    [404, 'ConversationNotFound'],
    [413, 'MessageSizeTooBig'],
    [400, 'BadArgument'],
  ])('with %i is for good', async (status, code) => {
    for (const method of ['send', 'create'] as const) {
      const error = await refused({ status }, method)
      expect(error).toBeInstanceOf(PermanentError)
      expect(error).toMatchObject({ fault: { status, code } })
    }
  })

  test.each([401, 412, 429, 500, 502, 503, 504])('with %i is worth another try, which is not ours', async (status) => {
    for (const method of ['send', 'create'] as const) {
      const error = await refused({ status, headers: { 'retry-after': '7' } }, method)
      expect(error).toBeInstanceOf(TransientError)
      expect(error).toMatchObject({ fault: { status }, retryAfter: 7_000 })
      expect(calls(method)).toHaveLength(1)
    }
    expect(adapter.teams.state.messages).toEqual([])
  })

  test('with 429 is not asked again in that conversation until the time that it named is over', async () => {
    await refused({ status: 429, headers: { 'retry-after': '7' } })
    await expect(post(MEETING)).rejects.toMatchObject({ name: 'TransientError', fault: { code: 'paced' } })
    await post(CHANNELS.dba)
    expect([calls('send').length, calls('create').length]).toEqual([1, 1])
  })

  test.each<FaultAction>(['reset', 'accept-then-reset', 'accept-then-status'])(
    'by %s is worth another try, which is not ours',
    async (action) => {
      for (const method of ['send', 'create'] as const) {
        expect(await refused(action, method)).toBeInstanceOf(TransientError)
        expect(calls(method)).toHaveLength(1)
      }
      expect(adapter.teams.state.messages).toHaveLength(action === 'reset' ? 0 : 2)
    },
  )

  test('because the bot is not there, or was blocked, is for good and says so', async () => {
    const { control } = adapter.teams
    control.conversation(MEETING, { installed: false })
    await expect(post(MEETING)).rejects.toMatchObject({
      name: 'PermanentError',
      fault: { code: 'BotNotInConversationRoster' },
    })
    await expect(post(CHANNELS.secret)).rejects.toMatchObject({ fault: { code: 'BotNotInConversationRoster' } })
    await post(PEOPLE.sam)
    control.block('sam')
    await expect(post(PEOPLE.sam)).rejects.toMatchObject({
      name: 'PermanentError',
      fault: { code: 'MessageWritesBlocked' },
    })
    control.user('lee', { installed: false })
    await expect(post(PEOPLE.lee)).rejects.toMatchObject({
      name: 'PermanentError',
      fault: { code: 'ForbiddenOperationException' },
    })
    await expect(post('cc000000-0000-4000-8000-000000000000')).rejects.toBeInstanceOf(PermanentError)
    await expect(post('19:gone@thread.tacv2')).rejects.toMatchObject({ fault: { code: 'ConversationNotFound' } })
  })

  test('as an edit or a removal is told alike', async () => {
    const { ref } = await post(MEETING)
    adapter.teams.control.fault({ match: { method: 'update' }, action: { status: 502 } })
    await expect(adapter.chat.update(ref, textDrawing('x'))).rejects.toBeInstanceOf(TransientError)
    adapter.teams.control.fault({ match: { method: 'delete' }, action: { status: 403 } })
    await expect(adapter.chat.remove(ref)).rejects.toBeInstanceOf(PermanentError)
    await expect(adapter.chat.update(inTeams(MEETING, '1'), textDrawing('x'))).rejects.toBeInstanceOf(PermanentError)
    expect([calls('update').length, calls('delete').length]).toEqual([2, 1])
  })

  test('because it is down is worth another try', async () => {
    await adapter.teams.control.down()
    await expect(post(MEETING)).rejects.toBeInstanceOf(TransientError)
    await adapter.teams.control.up()
    await post(MEETING)
  })

  test('of the bot’s secret is worth another try once it was mended', async () => {
    const wrong = await startTeamsAdapter({ teams: adapter.teams, password: 'not~the~secret' })
    const refusal = wrong.chat.post(to(MEETING), textDrawing('x'), mark)
    await expect(refusal).rejects.toMatchObject({ name: 'TransientError', fault: { code: 'invalid_client' } })
    expect(JSON.stringify(await refusal.catch((error: unknown) => error)) + wrong.logged.join()).not.toContain(
      'not~the~secret',
    )
    await wrong.close()
  })

  test.each(['slack:T1/C1', 'teams:', inTeams(MEETING, '1')])(
    'is never asked with an address of no conversation: %s',
    async (address) => {
      await expect(adapter.chat.post({ address }, textDrawing('x'), mark)).rejects.toBeInstanceOf(PermanentError)
      expect(adapter.teams.state.calls).toEqual([])
    },
  )

  test('says no token and no secret, in errors and in the log', async () => {
    await post(MEETING)
    const { appPassword, state } = adapter.teams
    const token = state.tokens[0]?.token ?? ''
    expect(token).not.toBe('')
    const body = `${token} ${appPassword}`
    const errors = [
      await refused({ status: 500, body: { error: { code: body, message: body } } }),
      await refused({ status: 403, body }, 'create'),
      await refused('reset'),
      await adapter.sdk
        .member({ serviceUrl: adapter.teams.serviceUrl, tenant: HOME_TENANT, conversation: MEETING }, 'nobody')
        .catch((error: unknown) => error),
    ]
    expect(errors.every((error) => error instanceof Error)).toBe(true)
    const all = errors.map((error) => `${JSON.stringify(error)} ${String(error)} ${(error as Error).stack}`).join()
    for (const secret of [token, appPassword]) expect(all + adapter.logged.join()).not.toContain(secret)
    for (const error of errors)
      expect(Object.keys(error as object)).toEqual(expect.not.arrayContaining(['request', 'response', 'cause']))
  })
})

describe.concurrent('in time', () => {
  test('a call that hangs is given up after 8 s, and was made once', async () => {
    const own = await startTeamsAdapter()
    const hang = (method: ConnectorCall['method']) =>
      own.teams.control.fault({ match: { method }, action: { hang: 'forever' } })
    hang('send')
    hang('create')
    const started = performance.now()
    const given = await Promise.all(
      [MEETING, CHANNELS.dba].map((place) =>
        own.chat.post(to(place), textDrawing('x'), mark).catch((error: unknown) => error),
      ),
    )
    for (const error of given) expect(error).toBeInstanceOf(TransientError)
    expect(performance.now() - started).toBeLessThan(10_000)
    expect(own.teams.state.calls.filter(({ method }) => method === 'send' || method === 'create')).toHaveLength(2)
    await own.close()
  })

  test('two processes together keep to the limits of a conversation, and hold up no other', async () => {
    const server = await startTestRedis()
    const redis = new Redis({ path: server.path })
    const pace = createPace({ redis, prefix: 'drawbridge' })
    const one = await startTeamsAdapter({ sandbox: { rateLimits: 'real' }, pace })
    const other = await startTeamsAdapter({ teams: one.teams, pace: createPace({ redis, prefix: 'drawbridge' }) })
    let paced = 0
    /** Posts as a worker does: again, as soon as it was told to. */
    const deliver = async (n: number): Promise<void> => {
      const { chat } = n % 2 === 0 ? one : other
      for (;;) {
        const error = await chat.post(to(MEETING), textDrawing(`message ${n}`), mark).then(
          () => undefined,
          (thrown: unknown) => thrown,
        )
        if (error === undefined) return
        if (!(error instanceof TransientError) || error.fault.code !== 'paced') throw error
        paced += 1
        await new Promise((resolve) => setTimeout(resolve, error.retryAfter))
      }
    }
    const all = Promise.all(Array.from({ length: 20 }, (_, n) => deliver(n)))
    const elsewhere = performance.now()
    await one.chat.post(to(CHANNELS.dba), textDrawing('another place'), mark)
    expect(performance.now() - elsewhere).toBeLessThan(1_000)
    await all
    const sent = one.teams.state.calls.filter(
      ({ method, conversation }) => method === 'send' && conversation === MEETING,
    )
    expect(sent.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 201))
    const most = (ms: number) =>
      Math.max(...sent.map(({ at }) => sent.filter((each) => each.at >= at && each.at < at + ms).length))
    expect(most(1_000)).toBeLessThanOrEqual(7)
    expect(most(2_000)).toBeLessThanOrEqual(8)
    expect(paced).toBeGreaterThan(0)
    expect(one.teams.state.calls.filter(({ status }) => status === 429)).toEqual([])
    await other.close()
    await one.close()
    redis.disconnect()
    await server.stop()
  })
})
