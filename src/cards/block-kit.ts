import type { ConfirmationDialog, KnownBlock, MrkdwnElement, PlainTextElement } from '@slack/types'
import type { Line } from '../transfer/text.ts'
import { toMrkdwn } from './mrkdwn.ts'
import { clip } from './phrases.ts'
import type { Block, Button, Fact, View } from './view.ts'

export { toMrkdwn } from './mrkdwn.ts'

/** Slack's limits, in characters or pieces. */
const limits = {
  blocks: 50,
  section: 3000,
  header: 150,
  fields: 10,
  field: 2000,
  context: 2000,
  button: 75,
  value: 2000,
  text: 3000,
  /** Of a text in an edit, in bytes: counted after `&`, `<` and `>` were escaped once more. */
  edit: 4000,
  dialogTitle: 100,
  dialogText: 300,
  dialogButton: 30,
}

/** A view as Slack takes it: within all of its limits, and with text that forms no mention, link or markup of its own. */
export function toBlockKit(view: View): { text: string; blocks: KnownBlock[] } {
  return { text: fallback(view.text), blocks: fewEnough(view.blocks.flatMap(blockOf)) }
}

/** All blocks of a view, however many, with no line left out: a Home tab takes more of them than a message. */
export function blocksOf(view: View): KnownBlock[] {
  return view.blocks.flatMap((block) => (block.kind === 'lines' ? sections(block.lines) : blockOf(block)))
}

/** Lines as the blocks of a private answer or a modal. */
export function linesToBlocks(lines: readonly Line[]): KnownBlock[] {
  return lines.length === 0 ? [] : blockOf({ kind: 'lines', lines })
}

function blockOf(block: Block): KnownBlock[] {
  switch (block.kind) {
    case 'title':
      return [{ type: 'header', text: plainText(block.text || ' ', limits.header) }]
    case 'lines':
      return [{ type: 'section', text: mrkdwn(block.lines, limits.section) }]
    case 'facts':
      return chunks(block.facts, limits.fields).map((facts) => ({ type: 'section', fields: facts.map(field) }))
    case 'note':
      return [{ type: 'context', elements: [mrkdwn([block.line], limits.context)] }]
    case 'actions':
      return [{ type: 'actions', elements: block.buttons.map(button) }]
    case 'divider':
      return [{ type: 'divider' }]
  }
}

/** Any message may be edited later, and a card that could not would keep its buttons. */
function fallback(line: Line): string {
  const text = toMrkdwn([line], limits.text)
  const bytes = Buffer.byteLength(text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'))
  return bytes <= limits.edit ? text : toMrkdwn([line], limits.edit / mostBytes)
}

/** Of one character, escaped once more. */
const mostBytes = 4

/** Lines in as many sections as they need. */
function sections(lines: readonly Line[]): KnownBlock[] {
  const parts: Line[][] = []
  for (const line of lines) {
    const last = parts.at(-1)
    if (last && toMrkdwn([...last, line], Number.POSITIVE_INFINITY).length <= limits.section) last.push(line)
    else parts.push([line])
  }
  return parts.flatMap(linesToBlocks)
}

function dialog({ title, text, yes, no }: NonNullable<Button['confirm']>): ConfirmationDialog {
  return {
    title: plainText(title, limits.dialogTitle),
    text: plainText(text, limits.dialogText),
    confirm: plainText(yes, limits.dialogButton),
    deny: plainText(no, limits.dialogButton),
  }
}

function field({ label, value }: Fact): MrkdwnElement {
  return mrkdwn([[{ bold: label }], value], limits.field)
}

function button({
  id,
  label,
  style,
  value,
  confirm,
}: Button): Extract<KnownBlock, { type: 'actions' }>['elements'][number] {
  return {
    type: 'button',
    action_id: id,
    ...(style ? { style } : {}),
    text: plainText(label, limits.button),
    value: value.slice(0, limits.value),
    ...(confirm ? { confirm: dialog(confirm) } : {}),
  }
}

// `verbatim` keeps Slack from finding links, channels and people in text that only looks like them.
function mrkdwn(lines: readonly Line[], limit: number): MrkdwnElement {
  return { type: 'mrkdwn', text: toMrkdwn(lines, limit) || ' ', verbatim: true }
}

function plainText(text: string, limit: number): PlainTextElement {
  return { type: 'plain_text', text: clip(text.replace(/\s+/g, ' '), Math.floor(limit)), emoji: false }
}

/** Buttons are never among what is cut. */
function fewEnough(blocks: readonly KnownBlock[]): KnownBlock[] {
  if (blocks.length <= limits.blocks) return [...blocks]
  const actions = blocks.filter((block) => block.type === 'actions').slice(0, 1)
  const rest = blocks.filter((block) => block.type !== 'actions')
  const more: KnownBlock = { type: 'context', elements: [mrkdwn([['…']], limits.context)] }
  return [...rest.slice(0, limits.blocks - 1 - actions.length), more, ...actions]
}

function chunks<T>(all: readonly T[], most: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(all.length / most) }, (_, index) => all.slice(index * most, (index + 1) * most))
}
