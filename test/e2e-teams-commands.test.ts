import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CHANNELS, PEOPLE, type SayOptions, type TeamsMessage } from '../sandbox/teams/index.ts'
import { checkExchange } from './support/azure-spec.ts'
import { askedIn, teamsCases } from './support/chats.ts'
import { auditOf } from './support/e2e.ts'
import { inStatus, recordOf } from './support/story.ts'
import {
  allTold,
  askInTeams,
  chatOf,
  chatted,
  flawsOf,
  rootsOf,
  telling,
  tellingsOf,
  toldAlone,
  wordsOf,
} from './support/teams-story.ts'
import { idIn, startWorld, type World } from './support/world.ts'

const patience = 30_000
/** Nothing is sent to Azure before somebody clicks, so that these stay open and cost nothing. */
const asking = { gate: 'submission', requesters: ['anyone'] } as const

/** What people type, and how Teams sends it. */
const typed: readonly (readonly [text: (name: string) => string, options: SayOptions])[] = [
  [(name) => `export ${name} to ${name} --blob weekly/stem --reason "it’s due"`, {}],
  [(name) => `/export ${name} to ${name} —blob weekly/stem —reason “it’s due”`, { targeted: true }],
  [(name) => `please export  ${name}  to  ${name} --blob weekly/stem --reason "it’s due".`, { format: 'xml' }],
  [(name) => `Export ${name} to ${name}/bacpacs/weekly/stem --reason “it’s due”!`, { format: 'html-attachment' }],
  [(name) => `export ${name}\n to ${name} --blob weekly/stem\n --reason "it’s due"`, {}],
]

/** What is typed, and what the asker reads. */
const mistakes: readonly (readonly [text: string, ...says: string[]])[] = [
  ['exprt orders to backups', 'does not know exprt', 'Did you mean export?'],
  ['export', 'Which database?', '/export ‹database› to ‹storage›'],
  ['export ordrs to backups', 'no database ordrs', 'Did you mean orders?'],
  ['export orders to bakcups', 'no storage bakcups', 'Did you mean backups?'],
  ['export orders to backups --bolb x', 'no option --bolb', 'Did you mean --blob?'],
  ['export orders to backups --blob "a <b>&amp;</b>"', 'no blob name', '(here: space < > & ;)'],
  ['status 17', '17 is no transfer id'],
  ['status k3v9x2mq', 'There is no transfer k3v9x2mq that you can see'],
]

let world: World
const opened = new Map<string, Promise<string>>()
beforeAll(async () => {
  const names = ['threaded', 'guarded', 'first', 'named', ...typed.map((_, index) => `typed${index}`)]
  const cases = Object.fromEntries(names.map((name) => [name, asking]))
  world = await startWorld(teamsCases({ ...cases, later: { ...asking, requesters: [PEOPLE.dana] } }))
  await Promise.all([world.start('bot'), world.start('worker')])
})
afterAll(() => world.close())

describe.concurrent('what people type', () => {
  test.each(typed.map(([text, options], index) => [text('db'), `typed${index}`, text, options] as const))(
    '%s',
    async (_, name, text, options) => {
      await world.teams.as('dana').say(text(name), { in: askedIn(name), ...options })
      const answer = await toldAlone(world, 'dana', `export of ${name} to ${name}`)
      const stored = await recordOf(world, idIn(/Recorded as (\S{8})/.exec(wordsOf(answer))?.[1] ?? ''))
      expect(stored?.transfer.request).toMatchObject({
        ...{ operation: 'export', privateLink: true, reason: 'it’s due' },
        by: `teams:${world.teams.tenantId}/${PEOPLE.dana}`,
        database: { database: name, server: `sql-${name}` },
        storage: { alias: name, container: 'bacpacs' },
      })
      expect(stored?.transfer.request.storage.blob).toMatch(/^weekly\/stem-\d{8}-\d{6}-[a-z0-9]{8}\.bacpac$/)
    },
  )

  test('keeps the names of people who are mentioned', async () => {
    const text = 'export named to named --reason "@Sam Okafor asked for it"'
    await world.teams.as('dana').say(text, { in: askedIn('named') })
    const answer = await toldAlone(world, 'dana', 'export of named to named')
    const stored = await recordOf(world, idIn(/Recorded as (\S{8})/.exec(wordsOf(answer))?.[1] ?? ''))
    expect(stored?.transfer.request.reason).toBe('@Sam Okafor asked for it')
  })

  test('in a thread is answered in that thread', async () => {
    const { message: head } = await world.teams.as('rio').say('can somebody move it?', {
      ...{ in: askedIn('threaded'), mention: false },
    })
    const id = await askInTeams(world, 'threaded', { thread: head.id })
    const told = await telling(world, 'threaded', 'The approvers are asked')
    for (const each of [...rootsOf(world, id), told]) expect(each.rootId).toBe(head.id)
  })
})

describe('answers that change nothing', () => {
  test('help, list and status are for the asker alone', async () => {
    const id = await open('later')
    const help = await chatted(world, 'rio', 'help')
    for (const form of ['/export', 'status', 'list', 'cancel', 'settle', 'Databases: ', 'Storage: ']) {
      expect(help).toContain(form)
    }
    expect(await chatted(world, 'dana', 'list')).toContain(id)
    const status = await chatted(world, 'dana', `status ${id}`)
    for (const part of [id, 'Waiting for approval', 'Dana Ito', 'Next: 1 approval on the card']) {
      expect(status).toContain(part)
    }
    const [answer] = chatOf(world, 'dana').slice(-1)
    expect(JSON.stringify(answer?.attachments)).toContain(`(${await linkOf(id)})`)
  })

  test('asked for in a channel they are told in the personal chat, and nobody else sees them', async () => {
    const before = ours(CHANNELS.data).length
    const from = chatOf(world, 'rio').length
    await world.teams.as('rio').say('help')
    await toldAlone(world, 'rio', 'Databases: ', from)
    await world.teams.as('rio').say('/exprt', { targeted: true })
    await toldAlone(world, 'rio', 'Did you mean export?')
    expect(ours(CHANNELS.data)).toHaveLength(before)
  })

  test('a transfer does not exist for those whom it does not concern', async () => {
    const id = await open('later')
    const unknown = (await chatted(world, 'rio', 'status k3v9x2mq')).replaceAll('k3v9x2mq', id)
    expect(unknown).toContain('There is no transfer')
    for (const by of ['rio', 'guest']) {
      expect(await chatted(world, by, `status ${id}`)).toBe(unknown)
      expect(await chatted(world, by, `cancel ${id}`)).toBe(unknown)
      expect(await chatted(world, by, 'list')).not.toContain(id)
    }
    for (const by of ['sam', 'ops', 'aud']) expect(await chatted(world, by, `status ${id}`)).toContain('Waiting')
    expect(await chatted(world, 'aud', `cancel ${id}`)).toContain('Only the requester, the approvers and the operators')
    expect(await chatted(world, 'dana', `settle ${id} not-running`)).toContain('Only operators')
    expect(await chatted(world, 'ops', `settle ${id} not-running`)).toContain('needs no settling')
  })

  test('a second request for the database gets the link of the first one', async () => {
    const first = await open('guarded')
    const answer = await chatted(world, 'sam', 'export guarded to guarded')
    expect(answer).toContain(`already has an open transfer, ${first}. Wait until it has ended`)
    const [last] = chatOf(world, 'sam').slice(-1)
    expect(JSON.stringify(last?.attachments)).toContain(`[${first}](${await linkOf(first)})`)
    expect(await linkOf(first)).toContain('https://teams.microsoft.com/l/message/19%3Aguarded-asked')
  })
})

describe('a mistake', () => {
  test.each(mistakes)('%s', async (text, ...says) => {
    const answer = await chatted(world, 'dana', text)
    for (const part of says) expect(answer).toContain(part)
  })

  test.each([
    ['guest', 'Guests can neither ask nor decide'],
    ['rio', 'not among those who may ask for this (rule later)'],
  ])('is asking without the right to: %s', async (by, says) => {
    expect(await chatted(world, by, 'export later to later')).toContain(says)
  })

  test('is asking in a shared channel from another tenant', async () => {
    await world.teams.as('stranger').say('export later to later', { shared: true })
    const answer = await toldAt(CHANNELS.data, 'Only members of this workspace or organization')
    expect(answer.rootId).toBeDefined()
  })

  test('by somebody whom Drawbridge cannot write to is answered where it was made; other answers are not', async () => {
    world.teams.control.user('aud', { installed: false })
    const { message } = await world.teams.as('aud').say('exprt', { in: CHANNELS.dba })
    const no = await toldAt(CHANNELS.dba, '@Ada Berg: Drawbridge does not know exprt')
    expect(no.rootId).toBe(message.id)
    await world.teams.as('aud').say('list', { in: CHANNELS.dba })
    const word = wordsOf(await toldAt(CHANNELS.dba, '@Ada Berg: done. The answer is for you alone'))
    expect(word).toContain('add it to your personal apps in Teams')
    for (const id of await Promise.all(opened.values())) expect(word).not.toContain(id)
  })

  test('that holds a secret is kept nowhere', async () => {
    const sas = 'sv=2024-11-04&ss=b&sig=abc12345SECRETabc12345SECRETabc12345SECRET%3D'
    const answer = await chatted(
      world,
      'dana',
      `export orders to backups --reason "https://x.blob.core.windows.net/c?${sas}"`,
    )
    expect(answer).toContain('looks like a key, a SAS or a password')
    const said = world.teams.state.messages.filter(({ from }) => from.startsWith('28:'))
    const places = [
      ...[world.output(), await world.redis.aofContents()],
      ...[said, world.teams.state.calls, await auditOf(world)].map((each) => JSON.stringify(each)),
    ]
    expect(places.filter((text) => text.includes('abc12345SECRET'))).toEqual([])
  })
})

test('cancelled before anything was sent, it ends at once and says so', async () => {
  const id = await open('first')
  const answer = await chatted(world, 'dana', `cancel ${id} wrong one`)
  expect(answer).toContain('Nothing has been sent to Azure')
  await inStatus(world, id, 'cancelled')
  const last = wordsOf(await telling(world, 'first', 'was cancelled'))
  for (const part of ['@Dana Ito', '“wrong one”', 'Nothing was sent to Azure', '/export first to first']) {
    expect(last).toContain(part)
  }
  await world.teams.until(() => wordsOf(rootOf(id)).includes('Cancelled'), patience)
  expect(wordsOf(rootOf(id))).not.toContain('Next:')
  expect(tellingsOf(world, 'first')).toHaveLength(3)
  expect(world.azure.state.requests.filter(({ name }) => name === 'export')).toEqual([])
})

test('Teams took everything but what was for somebody whom the bot cannot write to', () => {
  const strangers = expect.objectContaining({ status: 400, error: 'BadSyntax' })
  const adas = expect.objectContaining({ status: 403, error: 'BotNotInConversationRoster' })
  expect(flawsOf(world)).toEqual([strangers, adas, adas])
})

test('every request and every answer is as the specification has it', () => {
  expect(world.azure.state.requests.flatMap(checkExchange)).toEqual([])
})

/** The open transfer of a case; asked for when there is none yet. */
function open(name: string): Promise<string> {
  const asked = async (): Promise<string> => {
    const id = await askInTeams(world, name)
    await allTold(world, id)
    return id
  }
  const known = opened.get(name) ?? asked()
  opened.set(name, known)
  return known
}

function rootOf(id: string): TeamsMessage {
  const [root] = rootsOf(world, id)
  if (!root) throw new Error(`there is no root of ${id}`)
  return root
}

async function linkOf(id: string): Promise<string> {
  return (await recordOf(world, id))?.chat.slots.root?.link ?? 'no link'
}

function ours(conversation: string): readonly TeamsMessage[] {
  return world.teams.state.messages.filter((each) => each.conversation === conversation && each.from.startsWith('28:'))
}

function toldAt(conversation: string, says: string): Promise<TeamsMessage> {
  return world.teams.until(() => ours(conversation).find((each) => wordsOf(each).includes(says)), patience)
}
