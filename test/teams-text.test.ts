import { describe, expect, test } from 'vitest'
import { readActivity } from '../src/bot/teams-activity.ts'
import { typedReason, typedText } from '../src/bot/teams-text.ts'
import { parseCommand } from '../src/transfer/grammar.ts'

const bot = { id: '28:bot', name: 'Drawbridge' }

type Mention = { text: string; name: string; id?: string }

/** The text of a message as the core gets it. */
function typed(text: string | null | undefined, mentions: readonly Mention[] = []): string {
  const activity = readActivity({
    ...{ type: 'message', channelId: 'msteams', serviceUrl: 'https://x/', from: { id: '29:dana' } },
    ...{ conversation: { id: 'a:1' }, recipient: bot, text },
    entities: [
      { type: 'clientInfo', locale: 'en-GB' },
      { type: 'mention', text: '<at>Drawbridge</at>', mentioned: bot },
      ...mentions.map(({ text: shown, name, id = '29:sam' }) => ({
        ...{ type: 'mention', text: shown },
        mentioned: { id, name },
      })),
    ],
  })
  if (!activity) throw new Error('no activity')
  return typedText(activity)
}

test.each<[what: string, text: string, read: string]>([
  ['plain words', 'export orders to backups', 'export orders to backups'],
  ['the bot first', '<at>Drawbridge</at>&nbsp;list', 'list'],
  ['the bot touching the verb', '<at>Drawbridge</at>list', 'list'],
  ['the bot last', 'list <at>Drawbridge</at>', 'list'],
  ['the bot twice', '<at>Drawbridge</at> list <at>Drawbridge</at>', 'list'],
  ['the bot in the middle', 'status<at>Drawbridge</at>k3v9', 'status k3v9'],
  ['a mention without its entity', 'list <at>Sam Okafor</at>', 'list  @Sam Okafor'],
  ['a mention with attributes', 'list <at id="0">Sam</at>', 'list  @Sam'],
  ['line breaks', '\n<at>Drawbridge</at>\r\n\nlist\n', 'list'],
  ['a break', 'export orders<br>to<br/>backups', 'export orders to backups'],
  ['paragraphs', '<p>export orders</p><p>to backups</p>', 'export orders  to backups'],
  ['formatting', '<b>list</b> <I>now</I>', 'list   now'],
  ['code', '<pre><code class="x">list</code></pre>', 'list'],
  ['an emoji', 'list <emoji id="smile" alt="🙂"></emoji>', 'list'],
  ['an unbreakable space', 'export&nbsp;orders', 'export\u00a0orders'],
  ['an ampersand', 'a &amp; b', 'a &amp; b'],
  ['an ampersand as it is', 'a & b', 'a &amp; b'],
  ['angle brackets', 'a &lt;b&gt; c', 'a &lt;b&gt; c'],
  ['angle brackets as they are', 'a <orders> c', 'a &lt;orders&gt; c'],
  ['an entity that was typed', '&amp;lt;b&amp;gt;', '&amp;lt;b&amp;gt;'],
  ['a number for a character', '&#39;orders&#x27;', "'orders'"],
  ['a tag that was typed', '&lt;br&gt;', '&lt;br&gt;'],
  ['quotes', '“orders” ‘backups’ "x"', '“orders” ‘backups’ "x"'],
  ['a mention of Slack', '&lt;@U0SAM&gt;', '&lt;@U0SAM&gt;'],
  ['a mention of Slack as it is', '<@U0SAM> <!channel>', '&lt;@U0SAM&gt; &lt;!channel&gt;'],
  ['a link of Slack', '&lt;https://evil.example|orders&gt;', '&lt;https://evil.example|orders&gt;'],
  ['a link', '<a href="https://x.example/a">orders</a>', '<https://x.example/a|orders>'],
  ['a link in single quotes', "<A title='t' HREF='https://x.example/a'>orders</A>", '<https://x.example/a|orders>'],
  ['an address with entities', '<a href="https://x/?a=1&amp;b=2">x</a>', '<https://x/?a=1&amp;b=2|x>'],
  ['an address that would end early', '<a href="https://x/|y&gt;z">x</a>', '<https://x/%7Cy&gt;z|x>'],
  ['a label that would end early', '<a href="https://x/">a|b&gt;c</a>', '<https://x/|a¦b&gt;c>'],
  ['a label with formatting', '<a href="https://x/"><b>orders</b></a>', '<https://x/| orders >'],
  ['two links', '<a href="https://x/">x</a> to <a href="https://y/">y</a>', '<https://x/|x> to <https://y/|y>'],
  ['a link without an address', '<a name="x">orders</a>', 'orders'],
  ['a link that never ends', '<a href="https://x/">orders', 'orders'],
  ['nothing', '', ''],
  ['the bot alone', '<at>Drawbridge</at>&nbsp;', ''],
])('%s', (_what, text, read) => {
  expect(typed(text)).toBe(read)
})

test.each([null, undefined])('a message without text (%s) says nothing', (text) => {
  expect(typed(text)).toBe('')
})

describe('somebody who is mentioned', () => {
  const sam = { text: '<at>Sam</at>', name: 'Sam Okafor' }

  test('is called by their whole name', () => {
    expect(typed('cancel k3v9x2mq for <at>Sam</at>', [sam])).toBe('cancel k3v9x2mq for  @Sam Okafor')
  })

  test('and has the name of the bot is not the bot', () => {
    const like = { text: '<at>Drawbridge (Ops)</at>', name: 'Drawbridge (Ops)' }
    expect(typed('list <at>Drawbridge (Ops)</at>', [like])).toBe('list  @Drawbridge (Ops)')
  })

  test.each(["A$'B", 'A$`B', 'A$&B', 'A$1B', 'A$$B'])('and is called %s brings nothing else into the text', (name) => {
    expect(typed('before <at>Sam</at> after', [{ ...sam, name }])).toBe(`before  @${name.replace('&', '&amp;')}  after`)
  })

  test.each([
    ['<a href="https://evil.example">orders</a>', '&lt;a href="https://evil.example"&gt;orders&lt;/a&gt;'],
    ['Tom &amp; Co <b>', 'Tom &amp;amp; Co &lt;b&gt;'],
    ['<at>Drawbridge</at>', '&lt;at&gt;Drawbridge&lt;/at&gt;'],
  ])('and is called %s forms no markup', (name, read) => {
    expect(typed('for <at>Sam</at>', [{ ...sam, name }])).toBe(`for  @${read}`)
  })
})

test('a reason from the field of a card is text, whatever it looks like', () => {
  expect(typedReason('<b>5 & 6</b> &lt; <@U0SAM>')).toBe('&lt;b&gt;5 &amp; 6&lt;/b&gt; &amp;lt; &lt;@U0SAM&gt;')
})

test.each([
  'export orders to https://b.blob.core.windows.net/c?sv=2024-11-04&amp;sig=abcdefgh12345678%3D',
  'export orders to <a href="https://b.blob.core.windows.net/c?sv=2024-11-04&amp;sig=abcdefgh12345678%3D">b</a>',
  'export orders to b --reason "AccountKey=abcdefgh"',
  'export orders to b <b>password</b>=hunter2',
])('the core sees the secret in %s', (text) => {
  expect(() => parseCommand(typed(text))).toThrow('secret_in_text')
})

test('a long text of brackets is read in no time', () => {
  const started = performance.now()
  for (const piece of ['<a ', '<a href="', '<at>', '<', '&', '<a href="x">']) typed(piece.repeat(20_000))
  expect(performance.now() - started).toBeLessThan(2_000)
})
