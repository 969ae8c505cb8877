import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import { describe, expect, test } from 'vitest'
import {
  type AdaptiveCard,
  cardLimit,
  linesCard,
  mentionedIn,
  mentionedInLines,
  toAdaptiveCard,
} from '../src/cards/adaptive-card.ts'
import { expander } from '../src/cards/adaptive-template.ts'
import { approvalCard } from '../src/cards/approval-card.ts'
import { withdrawButton } from '../src/cards/click-buttons.ts'
import { rootView } from '../src/cards/root-view.ts'
import type { View } from '../src/cards/view.ts'
import type { Line } from '../src/transfer/text.ts'
import {
  ana,
  ben,
  connectionOf,
  digest,
  everyAnswer,
  everyView,
  group,
  names,
  operator,
  sam,
  transferAt,
  viewsOf,
} from './support/teams-transfers.ts'
import { askedAt } from './support/transfers.ts'

const chat = join(import.meta.dirname, '../../shared/reference/chat/schemas')
const schemaFile = join(chat, 'adaptive-card.1.5.0.json')
const refresh = { userIds: ['29:ana', '29:ben'], data: { transfer: 'k3v9x2mq', round: 1 } }

const everyCard: readonly (readonly [string, AdaptiveCard])[] = [
  ...everyView.map(([name, view]) => [name, toAdaptiveCard(view, { names, buttons: 'all', refresh })] as const),
  ...everyView
    .filter(([name]) => name.startsWith('card'))
    .map(([name, view]) => [`${name}, base`, toAdaptiveCard(view, { names, buttons: 'none' })] as const),
  ...everyAnswer.map(([name, lines]) => [name, linesCard(lines, names)] as const),
]

describe('every card', () => {
  test.skipIf(!existsSync(schemaFile))('is valid by the schema', () => {
    const validate = schemaOfCards()
    const wrong = everyCard.flatMap(([name, { msteams: _, ...card }]) =>
      validate(card) ? [] : [`${name}: ${JSON.stringify(validate.errors)}`],
    )
    expect(wrong).toEqual([])
    expect(validate({ type: 'AdaptiveCard', version: '1.5', body: [{ type: 'TextBlock', text: 1 }] })).toBe(false)
  })

  test('is read by the parser without a complaint', () => {
    expect(everyCard.flatMap(([name, card]) => complaints(card).map((each) => `${name}: ${each}`))).toEqual([])
    expect(complaints({ type: 'AdaptiveCard', version: '1.5', body: [{ type: 'Tabel' }] })).toHaveLength(1)
  })

  test('wraps every text, and has nothing wide, nothing left over and nothing too large', () => {
    for (const [name, card] of everyCard) {
      const json = JSON.stringify(card)
      expect(json, name).not.toMatch(/\$\{|undefined|NaN|"(?:ColumnSet|Table|RichTextBlock|Image)"|null/)
      expect(bytes(card), name).toBeLessThanOrEqual(cardLimit)
      for (const each of elements(card, 'TextBlock')) expect(each, name).toMatchObject({ wrap: true })
    }
  })

  test('says what its view says, word for word', () => {
    const known = everyView.map(
      ([name, view]) => [name, view, toAdaptiveCard(view, { names, buttons: 'all' })] as const,
    )
    for (const [name, view, card] of known) expect(wordsOfCard(card), name).toEqual(wordsOf(view))
  })

  test('has emphasis only where every client sees it: outside it is the edge of a word', () => {
    for (const [name, card] of everyCard) {
      for (const text of texts(card)) {
        const left = text.replace(/(?<=^|[\s\p{P}\p{S}])\*\*(?=\S)[^*]*(?<=\S)\*\*(?=$|[\s\p{P}\p{S}])/gu, '')
        expect(left, name).not.toContain('*')
      }
    }
  })

  test('has the entity of each mention that stands in it once, and no other', () => {
    for (const [name, card] of everyCard) {
      const standing = [...new Set(texts(card).flatMap((text) => text.match(/<at>.*?<\/at>/g) ?? []))].sort()
      expect(card.msteams.entities.map(({ text }) => text).sort(), name).toEqual(standing)
      expect(card.fallbackText, name).not.toMatch(/<at>|\{\{|\*\*/)
    }
  })
})

const everyButton = ['Approve', 'Approve with comment…', 'Ask a question…', 'Deny']

describe('the approval card in Teams', () => {
  const view = approvalCard(transferAt('awaiting_approval'), 1)

  test('approves with one click that carries the transfer and the digest', () => {
    const data = { verb: 'approve', transfer: 'k3v9x2mq', digest }
    const [approve] = actions(toAdaptiveCard(view, { names, buttons: 'all' }))
    expect(approve).toMatchObject({
      type: 'Action.Execute',
      title: 'Approve',
      verb: 'approve',
      style: 'positive',
      data,
    })
    expect(approve).toMatchObject({ fallback: { type: 'Action.Submit', title: 'Approve', data } })
  })

  test('denies with a reason', () => {
    const data = { verb: 'deny', transfer: 'k3v9x2mq', digest }
    const card = toAdaptiveCard(view, { names, buttons: 'all' })
    expect(actions(card).map((each) => [each.type, each.title])).toEqual([
      ['Action.Execute', 'Approve'],
      ['Action.ShowCard', 'Approve with comment…'],
      ['Action.ShowCard', 'Ask a question…'],
      ['Action.ShowCard', 'Deny'],
    ])
    expect(elements(card, 'Input.Text').filter(({ id }) => id === 'reason')).toEqual([
      {
        type: 'Input.Text',
        id: 'reason',
        label: 'Why? The requester and the thread will see it.',
        isRequired: true,
        errorMessage: 'Say in a few words why.',
        isMultiline: true,
        maxLength: 500,
      },
    ])
    const deny = elements(card, 'Action.Execute').find((each) => each.verb === 'deny')
    expect(deny).toMatchObject({ title: 'Deny', style: 'destructive', associatedInputs: 'auto', data })
    expect(deny).toMatchObject({ fallback: { type: 'Action.Submit', title: 'Deny', data } })
  })

  test('unfolds one more step before its click where the rule has it confirmed', () => {
    const transfer = transferAt('awaiting_approval')
    const confirmed = approvalCard({ ...transfer, rule: { ...transfer.rule, confirm: true } }, 1)
    const card = toAdaptiveCard(confirmed, { names, buttons: 'all' })
    expect(actions(card).map((each) => each.type)).toEqual(Array(4).fill('Action.ShowCard'))
    expect(texts(card)).toContain(
      'Your yes to the export of orders to backups counts as soon as you confirm it. Compare the card first.',
    )
    const data = { verb: 'approve', transfer: 'k3v9x2mq', digest }
    const approve = elements(card, 'Action.Execute').find((each) => each.verb === 'approve')
    expect(approve).toMatchObject({ title: 'Approve', style: 'positive', data, fallback: { data } })
    expect(complaints(card)).toEqual([])
  })

  test('asks for words in fields that are told apart, also with several buttons of a kind', () => {
    const ids = (all: View) =>
      elements(toAdaptiveCard(all, { names, buttons: 'all' }), 'Input.Text').map(({ id }) => id)
    expect(ids(view)).toEqual(['comment', 'question', 'reason'])
    const buttons = ['k3v9x2mq', 'aaaa2222']
      .map((id) => withdrawButton({ ...transferAt('running'), id }))
      .filter((each) => each !== undefined)
    const list: View = { text: ['x'], blocks: buttons.map((each) => ({ kind: 'actions', buttons: [each] })) }
    expect(ids(list)).toEqual(['reason', 'reason-aaaa2222'])
    const sent = elements(toAdaptiveCard(list, { names, buttons: 'all' }), 'Action.Execute').map(({ data }) => data)
    expect(sent).toEqual(['k3v9x2mq', 'aaaa2222'].map((transfer) => ({ verb: 'withdraw', transfer })))
  })

  test('says where the buttons are to whom it shows none', () => {
    const said = 'The approvers of this transfer see Approve and Deny here.'
    const base = toAdaptiveCard(view, { names, buttons: 'none' })
    expect(texts(base)).toContain(said)
    expect(elements(base, 'Action.Execute')).toEqual([])
    expect(texts(toAdaptiveCard(view, { names, buttons: 'all' }))).not.toContain(said)
    const decided = approvalCard(transferAt('running'), 1)
    expect(texts(toAdaptiveCard(decided, { names, buttons: 'none' }))).not.toContain(said)
  })

  test('lets 60 clients fetch a view of their own', () => {
    const userIds = Array.from({ length: 70 }, (_, index) => `29:${index}`)
    const card = toAdaptiveCard(view, { names, buttons: 'none', refresh: { ...refresh, userIds } })
    expect(card.refresh).toEqual({
      action: { type: 'Action.Execute', verb: 'refresh', data: refresh.data },
      userIds: userIds.slice(0, 60),
    })
    expect(toAdaptiveCard(view, { names, buttons: 'all' })).not.toHaveProperty('refresh')
  })

  test('is not made with a button that carries something else', () => {
    const button = { id: 'approve', label: 'Approve', style: 'primary', value: 'x' } as const
    const wrong: View = { text: ['x'], blocks: [{ kind: 'actions', buttons: [button] }] }
    expect(() => toAdaptiveCard(wrong, { names, buttons: 'all' })).toThrow('carries no transfer')
  })
})

test('everybody and every place of a view is known before it is rendered', () => {
  const asked: string[] = []
  const asking = {
    mention: (each: string) => names.mention(asked.push(each) > 0 ? each : ''),
    place: (each: string) => names.place(asked.push(each) > 0 ? each : ''),
  }
  for (const [, view] of everyView) {
    toAdaptiveCard(view, { names: asking, buttons: 'all' })
    const { principals, places } = mentionedIn(view)
    expect([...new Set(asked.splice(0))].sort()).toEqual([...principals, ...places].sort())
  }
  expect(mentionedIn(approvalCard(transferAt('awaiting_approval'), 1)).principals).toEqual([sam, ana, ben, group])
  expect(mentionedInLines([[{ mention: operator }, { place: 'p' }], [{ mention: operator }]])).toEqual({
    principals: [operator],
    places: ['p'],
  })
})

describe('a template', () => {
  const of = (expression: string): string => `\${${expression}}`

  test('that has no value for something makes no card', () => {
    expect(() => expander({ text: of('missing.name') })({ other: 1 })).toThrow(`no value for ${of('missing.name')}`)
    expect(() => expander({ text: `by ${of('broken(')}` })({})).toThrow('syntax error')
  })

  test('leaves data alone that looks like a template', () => {
    const text = `${of('name')} \\${of('x')} $ ${of('$root.secret')}`
    const data = { text, secret: 's', deep: { [of('key')]: [of('1 + 1')] } }
    expect(expander({ text: of('text'), deep: of('deep') })(data)).toEqual({ text, deep: data.deep })
  })
})

describe('the size of a card', () => {
  const everybody = (name: (index: string) => string) => ({
    mention: (each: string) => ({ name: name(each), id: `29:${each.padEnd(120, 'x')}` }),
    place: () => 'p'.repeat(4000),
  })
  const userIds = Array.from({ length: 60 }, (_, index) => `29:${index}`.padEnd(100, 'x'))
  const tight = {
    names: everybody((each) => `${'😀'.repeat(60)}${each}`),
    buttons: 'all',
    refresh: { ...refresh, userIds },
  } as const

  test('is within the limit with long reasons, names, approvers and candidates', () => {
    const transfer = absurd()
    for (const [name, view] of [...viewsOf(transfer), ...viewsOf({ ...transfer, status: 'awaiting_approval' })]) {
      const card = toAdaptiveCard(view, tight)
      expect(bytes(card), name).toBeLessThanOrEqual(cardLimit)
      expect(complaints(card), name).toEqual([])
    }
    const card = toAdaptiveCard(approvalCard({ ...transfer, status: 'awaiting_approval', decisions: [] }, 1), tight)
    expect(actions(card).map((each) => each.title)).toEqual(everyButton)
    expect(texts(card).join()).toContain('…')
  })

  test('is within the limit whatever comes, and the buttons stay', () => {
    const huge = '<&*`"\\漢'.repeat(1000)
    const line = [
      huge,
      { code: huge },
      { bold: huge },
      ...Array.from({ length: 300 }, (_, at) => ({ mention: `${at}` })),
    ]
    const lines = Array.from({ length: 20 }, () => line)
    const value = `k3v9x2mq:${'d'.repeat(64)}`
    const view: View = {
      text: line,
      blocks: [
        { kind: 'title', text: huge },
        { kind: 'facts', facts: Array.from({ length: 90 }, () => ({ label: huge, value: line })) },
        ...Array.from({ length: 70 }, () => ({ kind: 'lines', lines }) as const),
        { kind: 'divider' },
        { kind: 'note', line },
        { kind: 'actions', buttons: [{ id: 'deny', label: huge, style: 'danger', value }] },
      ],
    }
    const card = toAdaptiveCard(view, tight)
    expect(bytes(card)).toBeLessThanOrEqual(cardLimit)
    expect(actions(card)).toHaveLength(1)
    expect(bytes(linesCard(lines, tight.names))).toBeLessThanOrEqual(cardLimit)
  })

  test('is within the limit where nearly everything is a mention', () => {
    const ids = Array.from({ length: 2000 }, (_, index) => `${index}`)
    const line = (at: number): Line => ids.slice(at * 10, at * 10 + 10).map((mention) => ({ mention }))
    const blocks = Array.from({ length: 20 }, (_, block) => {
      return { kind: 'lines', lines: Array.from({ length: 10 }, (_, at) => line(block * 10 + at)) } as const
    })
    const short = { ...tight, names: everybody((each) => String.fromCodePoint(0x4e00 + Number(each))) }
    expect(bytes(toAdaptiveCard({ text: [], blocks }, short))).toBeLessThanOrEqual(cardLimit)
  })

  test('costs nothing where there is room', () => {
    const reason = 'r'.repeat(500)
    const transfer = transferAt('awaiting_approval')
    const view = rootView({ ...transfer, request: { ...transfer.request, reason } }, askedAt, { quiet: false })
    expect(texts(toAdaptiveCard(view, { names, buttons: 'all' })).join()).toContain(`“${reason}”`)
  })
})

function absurd() {
  const transfer = transferAt('denied')
  const wide = '😀'.repeat(500)
  const approvers = Array.from({ length: 200 }, (_, index) => `teams:tenant/${index}`)
  const candidates = Array.from({ length: 20 }, () => ({ ...connectionOf('sql'), name: wide }))
  const denied = { by: ana, verdict: 'deny', at: askedAt, digest, stages: [0], reason: wide } as const
  return {
    ...transfer,
    request: {
      ...transfer.request,
      reason: wide,
      database: { ...transfer.request.database, alias: wide, database: wide, server: wide },
      storage: { ...transfer.request.storage, alias: wide, blob: wide, container: wide, account: wide, uri: wide },
    },
    rule: { ...transfer.rule, name: wide, stages: Array.from({ length: 9 }, () => ({ approvers, need: 1 })) },
    decisions: [denied],
    story: [...transfer.story, { at: askedAt, kind: 'unnamed', candidates } as const],
  }
}

/** Everything of one type in a card, wherever it stands. */
function elements(card: unknown, type: string): readonly Record<string, unknown>[] {
  if (Array.isArray(card)) return card.flatMap((each) => elements(each, type))
  if (typeof card !== 'object' || card === null) return []
  const inside = Object.values(card).flatMap((each) => elements(each, type))
  return 'type' in card && card.type === type ? [{ ...card }, ...inside] : inside
}

function actions(card: AdaptiveCard): readonly Record<string, unknown>[] {
  const [set] = elements(card, 'ActionSet')
  return Array.isArray(set?.actions) ? set.actions : []
}

function texts(card: AdaptiveCard): readonly string[] {
  return [
    ...elements(card.body, 'TextBlock').map(({ text }) => String(text)),
    ...elements(card.body, 'FactSet').flatMap(({ facts }) =>
      Array.isArray(facts) ? facts.flatMap(({ title, value }) => [String(title), String(value)]) : [],
    ),
  ]
}

function bytes(card: AdaptiveCard): number {
  return Buffer.byteLength(JSON.stringify(card))
}

/** The words of a card without its markup, sorted, because elements are found by type. */
function wordsOfCard(card: AdaptiveCard): readonly string[] {
  return texts(card)
    .map((text) =>
      text
        .replace(/<at>(.*?)<\/at>/g, '$1')
        .replace(/\[(.*?)\]\(.*?\)/g, '$1')
        .replace(/\{\{DATE\((.*?),SHORT\)\}\} \{\{TIME\(.*?\)\}\}/g, (_, at: string) => utcOf(at))
        .replaceAll('**', ''),
    )
    .sort()
}

function wordsOf({ blocks }: View): readonly string[] {
  const plain = (line: View['text']): string =>
    line
      .map((piece) => {
        if (typeof piece === 'string') return piece
        if ('mention' in piece) return names.mention(piece.mention).name
        if ('place' in piece) return names.place(piece.place)
        if ('time' in piece) return utcOf(new Date(piece.time).toISOString())
        return 'link' in piece ? piece.label : 'bold' in piece ? piece.bold : piece.code
      })
      .join('')
      .replace(/[<>]/g, (sign) => (sign === '<' ? '‹' : '›'))
      .trim()
  return blocks
    .flatMap((block) => {
      if (block.kind === 'title') return [block.text]
      if (block.kind === 'lines') return block.lines.map(plain)
      if (block.kind === 'facts') return block.facts.flatMap(({ label, value }) => [label, plain(value)])
      return block.kind === 'note' ? [plain(block.line)] : []
    })
    .sort()
}

function utcOf(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`
}

/** The official schema, which names itself in the way of an older draft. */
function schemaOfCards() {
  const require = createRequire(import.meta.url)
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false })
  ajv.addMetaSchema(require('ajv/dist/refs/json-schema-draft-06.json'))
  const { id, ...schema } = JSON.parse(readFileSync(schemaFile, 'utf8'))
  return ajv.compile({ ...schema, $id: id })
}

/** What the parser of the official renderer says against a card. */
function complaints(card: object): readonly string[] {
  const library = createRequire(import.meta.url)('adaptivecards/dist/adaptivecards.js')
  const context = new library.SerializationContext()
  new library.AdaptiveCard().parse(structuredClone(card), context)
  return Array.from({ length: context.eventCount }, (_, index) => context.getEventAt(index).message)
}
