import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type AdaptiveCard, linesCard, type Names, toAdaptiveCard, toPlainText } from '../src/cards/adaptive-card.ts'
import { mentionBook } from '../src/cards/adaptive-names.ts'
import { literal, toCardText } from '../src/cards/adaptive-text.ts'
import type { Line } from '../src/transfer/text.ts'
import { ana, names, transferAt, viewsOf } from './support/teams-transfers.ts'
import { askedAt } from './support/transfers.ts'

const dollar = '$'
const hostile =
  '<at>everyone</at> [x](https://evil) ![y](https://evil/p.png) [z]: https://evil {{DATE(2020-01-01T00:00:00Z)}} **b** `c` \\*\u202e'

describe('text of people on a card', () => {
  test.each([
    ['<at>everyone</at>', '‹at›everyone‹/at›'],
    ['[x](https://evil)', '[x］(https://evil)'],
    ['\\[x](https://evil)', '∖[x］(https://evil)'],
    ['![x](https://evil)', '！[x］(https://evil)'],
    ['[x]: https://evil', '[x］: https://evil'],
    ['[x][y]', '[x］[y]'],
    ['<https://evil>', '‹https://evil›'],
    ['{{DATE(2020-01-01T00:00:00Z)}}', '｛{DATE(2020-01-01T00:00:00Z)}}'],
    ['{{{TIME(2020-01-01T00:00:00Z)}}}', '｛｛{TIME(2020-01-01T00:00:00Z)}}}'],
    [`${dollar}{name}`, `${dollar}{name}`],
    ['**b** _i_ ~~s~~ `c`', '∗∗b∗∗ ˍiˍ ∼∼s∼∼ ´c´'],
    ['my_db_2026.bacpac', 'my_db_2026.bacpac'],
    ['&lt;b&gt; &#60; R&D', '＆lt;b＆gt; ＆#60; R&D'],
    ['# heading', '＃ heading'],
    ['> quote', '› quote'],
    ['1. one', '1․ one'],
    ['12) twelve', '12❩ twelve'],
    ['- item', '‐ item'],
    ['+ item', '＋ item'],
    ['--- rule', '‐-- rule'],
    ['    code', 'code'],
    ['a\n\n# b\r\n- c\u2028d\te', 'a # b - c d e'],
    ['a\u0000b\u001b[31mc\u009fd', 'a b [31mc d'],
    ['gnp.\u202egpj\u2066x\u2069 \u200bz\u200fw\ufeff', 'gnp.gpjx zw'],
    ['👩‍💻 ⚠️ ok', '👩‍💻 ⚠️ ok'],
    ['\ud800 alone', '� alone'],
    ['/export orders to backups --reason "monthly audit"', '/export orders to backups --reason "monthly audit"'],
    ['https://acct.blob.core.windows.net/nightly/a-1.bacpac', 'https://acct.blob.core.windows.net/nightly/a-1.bacpac'],
  ])('%j stands there as %j', (text, expected) => {
    expect(shown([text])).toBe(expected)
  })

  test('forms nothing where two pieces meet', () => {
    expect(shown(['[x]', '(https://evil)'])).toBe('[x］(https://evil)')
    expect(shown(['look!', { link: 'https://x.test/', label: 'x' }])).toBe('look！[x](https://x.test/)')
    expect(shown(['{', '{TIME(2020-01-01T00:00:00Z)}}'])).toBe('｛{TIME(2020-01-01T00:00:00Z)}}')
    expect(shown([{ bold: 'a' }, { code: 'b' }])).toBe('**ab**')
    expect(shown([' ', '1', '. one'])).toBe('1․ one')
  })

  test('forms nothing wherever it gets on a card', () => {
    const transfer = transferAt('denied')
    const { database, storage } = transfer.request
    const request = {
      ...transfer.request,
      reason: hostile,
      database: { ...database, alias: hostile, database: hostile, server: hostile },
      storage: { ...storage, alias: hostile, account: hostile, container: hostile, blob: hostile },
    }
    const called: Names = { mention: (id) => ({ name: hostile, id }), place: () => hostile }
    for (const [, view] of viewsOf({ ...transfer, request, rule: { ...transfer.rule, name: hostile } })) {
      const card = toAdaptiveCard(view, { names: called, buttons: 'all' })
      for (const text of textsOf(card)) expectPlain(text, card)
      expectPlain(card.fallbackText, card)
    }
  })

  test('is cut between whole pieces, and is still nothing but text', () => {
    fc.assert(
      fc.property(fc.array(pieces(), { maxLength: 12 }), fc.integer({ min: 1, max: 160 }), (line, limit) => {
        const book = mentionBook(sameName)
        const text = toCardText(line, { mention: book.markupOf, place: sameName.place }, limit)
        expect(text.length).toBeLessThanOrEqual(limit)
        const entities = book.entitiesIn(JSON.stringify(text))
        expectPlain(text, { msteams: { entities } })
        expect(text.isWellFormed()).toBe(true)
      }),
      { numRuns: 500 },
    )
  })
})

describe('people on a card', () => {
  test('are mentioned once each, and told apart when they have the same name', () => {
    const card = linesCard([[...mention('a', 'b', 'a', 'none')], mention('b')], sameName)
    expect(textsOf(card)).toEqual([
      '<at>Sam Okafor</at><at>Sam Okafor (2)</at><at>Sam Okafor</at>Sam Okafor',
      '<at>Sam Okafor (2)</at>',
    ])
    expect(card.msteams.entities).toEqual([
      { type: 'mention', text: '<at>Sam Okafor</at>', mentioned: { id: '29:a', name: 'Sam Okafor' } },
      { type: 'mention', text: '<at>Sam Okafor (2)</at>', mentioned: { id: '29:b', name: 'Sam Okafor (2)' } },
    ])
  })

  test('cannot take the name that another one was given', () => {
    const given = new Map([
      ['a', 'Sam'],
      ['b', 'Sam (2)'],
      ['c', 'Sam'],
    ])
    const called: Names = { mention: (id) => ({ name: given.get(id) ?? '', id }), place: (each) => each }
    expect(textsOf(linesCard([mention('a', 'b', 'c')], called))).toEqual([
      '<at>Sam</at><at>Sam (2)</at><at>Sam (3)</at>',
    ])
  })

  test.each([
    ['</at><at>everyone</at>', '<at>‹/at›‹at›everyone‹/at›</at>'],
    ['Sam "the admin" O’Neil', '<at>Sam "the admin" O’Neil</at>'],
    ['  **Sam**\n', '<at>∗∗Sam∗∗</at>'],
    ['\u202e', '<at>someone</at>'],
    [`${dollar}{x} {{TIME(2020-01-01T00:00:00Z)}}`, `<at>${dollar}{x} ｛{TIME(2020-01-01T00:00:00Z)}}</at>`],
    ['😀'.repeat(200), `<at>${'😀'.repeat(63)}…</at>`],
  ])('cannot break out with the name %j', (name, expected) => {
    const card = linesCard([mention('a')], { mention: () => ({ name, id: '29:a' }), place: (each) => each })
    expect(textsOf(card)).toEqual([expected])
    expect(card.msteams.entities.map(({ text }) => text)).toEqual([expected])
  })

  test('whose mention was cut off are not called', () => {
    const many = Array.from({ length: 400 }, (_, index) => ({ mention: `p${index}` }))
    const called: Names = { mention: (id) => ({ name: id.padEnd(40, 'x'), id }), place: (each) => each }
    const card = linesCard([many], called)
    const [text = ''] = textsOf(card)
    expect(card.msteams.entities).toHaveLength(text.match(/<at>/g)?.length ?? 0)
    expect(card.msteams.entities.length).toBeLessThan(400)
    expectPlain(text, card)
  })
})

describe('pieces of a line in Teams', () => {
  test.each<[Line, string]>([
    [[{ bold: ' Running ' }], '**Running**'],
    [['is', { bold: ' now ' }, 'here'], 'is **now** here'],
    [['a', { bold: ' ' }, 'b'], 'a b'],
    [[{ code: '/export orders to backups' }, '.'], '**/export orders to backups**.'],
    [[{ place: 'teams:tenant/19:general' }], 'General (19:general)'],
    [[{ mention: ana }], '<at>Ana Lima</at>'],
    [[{ mention: 'teams:tenant/group-dba' }], 'Database admins'],
    [[{ time: askedAt + 123 }], '{{DATE(2025-06-15T15:06:40Z,SHORT)}} {{TIME(2025-06-15T15:06:40Z)}}'],
    [[{ time: Number.NaN }], 'an unknown time'],
    [[{ time: 8e15 }], expect.not.stringContaining('{{')],
    [[{ link: 'https://x.test/?a=1&b=2#c', label: 'a]b' }], '[a］b](https://x.test/?a=1&b=2#c)'],
    [[{ link: 'https://x.test/(a)*b_', label: '' }], '[link](https://x.test/%28a%29%2Ab%5F)'],
    [[{ link: 'https://x.test/a)[y](https://evil', label: 'x' }], '[x](https://x.test/a%29%5By%5D%28https://evil)'],
    [[{ link: 'https://x.test/{{TIME(2020-01-01T00:00:00Z)}}', label: 'x' }], expect.not.stringContaining('{{')],
    [[{ link: 'javascript:alert(1)', label: 'here' }], 'here'],
    [[{ link: 'https://x.test/ <at>a</at>', label: 'here' }], 'here'],
  ])('%j', (line, expected) => {
    expect(shown(line)).toEqual(expected)
  })

  test('are one plain line for a notification', () => {
    const line: Line = [{ bold: 'Now' }, ': ', { mention: ana }, ' asks, ', { time: askedAt }, ' in ', { place: 'x/y' }]
    expect(toPlainText([line, [{ code: 'a_*b*' }, '\n', { link: 'https://x.test', label: 'there' }]], names)).toBe(
      'Now: Ana Lima asks, 2025-06-15 15:06 UTC in General (y) a_*b* there',
    )
    expect(toPlainText([['😀'.repeat(20)]], names, 8)).toBe('😀😀😀…')
    expect(toPlainText([], names)).toBe('')
  })

  test('read the same when they are made literal twice', () => {
    fc.assert(fc.property(nasty(), (text) => literal(literal(text)) === literal(text)))
  })
})

const sameName: Names = {
  mention: (each) => ({ name: 'Sam Okafor', ...(each === 'none' ? {} : { id: `29:${each}` }) }),
  place: () => 'General',
}

function mention(...principals: readonly string[]): Line {
  return principals.map((each) => ({ mention: each }))
}

function shown(line: Line): string {
  const card = linesCard([line], names)
  return textsOf(card)[0] ?? ''
}

function textsOf(card: unknown): readonly string[] {
  if (Array.isArray(card)) return card.flatMap(textsOf)
  if (typeof card !== 'object' || card === null) return []
  if ('type' in card && card.type === 'mention') return []
  const own = ['text', 'title', 'value'].flatMap((key) => Object.entries(card).filter(([name]) => name === key))
  return [
    ...own.flatMap(([, value]) => (typeof value === 'string' ? [value] : [])),
    ...Object.values(card).flatMap(textsOf),
  ]
}

/** Nothing of a text is markup but what this product writes itself: mentions with their entity, dates, links to it and bold. */
function expectPlain(
  text: string,
  { msteams }: Pick<AdaptiveCard, 'msteams'> | { msteams: Pick<AdaptiveCard['msteams'], 'entities'> },
): void {
  const own = msteams.entities
    .reduce((left, entity) => left.replaceAll(entity.text, '@'), text)
    .replace(/\{\{DATE\([-\d]+T[:\d]+Z,SHORT\)\}\} \{\{TIME\([-\d]+T[:\d]+Z\)\}\}/g, '@')
    .replace(/\[[^[\]]+\]\(https:\/\/(?:portal\.azure\.com|x\.test)\/[^()[\]\s]*\)/g, '@')
    .replace(/\*\*(?! )[^*]+(?<! )\*\*/g, (all) => `·${all.slice(2, -2)}·`)
  expect(own).not.toMatch(
    /[<>*`~\\]|\]\(|\]:|\]\[|!\[|\{\{|&#?\w+;|[\p{Cc}\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069]/u,
  )
  expect(own).not.toMatch(/(?<![a-z0-9])_|_(?![a-z0-9])/i)
  expect(text).not.toMatch(/^(?:\d+[.)]|[-+#=>\s])/)
}

function nasty(): fc.Arbitrary<string> {
  const units = ['a', '1', '.', '-', '#', '<', '>', '&', 'lt;', '*', '`', '_', '\\', '[', ']', '(', ')', ':', '!']
  return fc.string({
    unit: fc.constantFrom(...units, '{', '}', `${dollar}{`, '{{TIME(', '<at>', '\n', '😀', ' ', '\u202e'),
  })
}

function pieces(): fc.Arbitrary<Line[number]> {
  return fc.oneof(
    nasty(),
    nasty().map((bold) => ({ bold })),
    nasty().map((code) => ({ code })),
    nasty().map((label) => ({ link: 'https://x.test/a?b=c&d', label })),
    fc.constantFrom({ mention: 'a' }, { mention: 'b' }, { mention: 'none' }, { place: 'x' }, { time: askedAt }),
  )
}
