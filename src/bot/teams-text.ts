import { decode } from 'html-entities'
import type { TeamsActivity } from './teams-activity.ts'

/**
 * What a person typed, as `Command.text` has it: without the bot's mention and without Teams' markup, entities read once,
 * then `&`, `<` and `>` escaped and links as `<address|label>`, so that nothing typed reads as markup later.
 */
export function typedText({ text, entities, recipient }: TeamsActivity): string {
  const mentions = (entities ?? []).filter(({ type }) => type === 'mention')
  const named = mentions.reduce((words, { text: shown, mentioned }) => {
    if (!shown) return words
    const instead = mentioned?.id === recipient?.id ? ' ' : ` @${escaped(mentioned?.name ?? '')} `
    return words.replaceAll(shown, () => instead)
  }, text ?? '')
  return marked(named.replace(at, ' @$1 ')).trim()
}

/** A reason from the field of a card, which has no markup. */
export function typedReason(text: string): string {
  return escaped(text)
}

// None of these looks twice at the same place: whoever may write could otherwise keep the process busy for minutes.
const at = /<at\b[^<>]*>((?:(?!<\/?at\b).)*)<\/at>/gis
const anchor = /<a\b([^<>]*)>((?:(?!<\/?a\b).)*)<\/a>/gis
const href = /\bhref\s*=\s*(["'])(.*?)\1/is
/** Only tags that Teams itself makes: `<` that somebody types arrives as an entity. */
const tag =
  /<\/?(?:p|br|div|span|strong|b|em|i|u|s|strike|code|pre|blockquote|ul|ol|li|h[1-6]|at|a|img|emoji|attachment|codeblock|table|tbody|tr|td|th|hr)\b[^<>]*>/gi

function marked(html: string): string {
  let out = ''
  let from = 0
  for (const { 0: whole, 1: attributes = '', 2: label = '', index } of html.matchAll(anchor)) {
    const address = href.exec(attributes)?.[2]
    if (address === undefined) continue
    out += plain(html.slice(from, index))
    out += `<${escaped(decode(address)).replaceAll('|', '%7C')}|${plain(label).replaceAll('|', '¦')}>`
    from = index + whole.length
  }
  return out + plain(html.slice(from))
}

function plain(html: string): string {
  return escaped(decode(html.replace(tag, ' ')))
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
