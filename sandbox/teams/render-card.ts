import { fieldsOf, isFields, listOf, stringOf } from './fields.ts'
import type { Fields } from './types.ts'

/** An Adaptive Card as readable plain text: facts as "- title value", buttons in brackets, inner cards below their button. */
export function renderCard(card: Fields): string {
  const parts = [...listOf(card.body).map(renderElement), renderActions(listOf(card.actions))]
  return parts.filter(Boolean).join('\n')
}

/** Text as a person reads it: mentions as @Name, dates and times in UTC, no Markdown marks, entities resolved. */
export function renderText(text: string): string {
  return text
    .replace(/<at>([\s\S]*?)<\/at>/g, '@$1')
    .replace(/\{\{(DATE|TIME)\(([^,)]+)(?:,\s*(\w+))?\)\}\}/g, (_all, kind: string, iso: string) => moment(kind, iso))
    .replace(/(^|[^\\])\*\*([^*\n]+)\*\*/g, '$1$2')
    .replace(/(^|[^\\!])\[([^\]\n]+)\]\([^)\n]*\)/g, '$1$2')
    .replace(/\\([\\`*_{}[\]()#+\-.!<>~|])/g, '$1')
    .replaceAll('&nbsp;', ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
}

function renderElement(element: Fields): string {
  if (element.isVisible === false) return ''
  const inside = (value: unknown) => listOf(value).map(renderElement).filter(Boolean)
  switch (element.type) {
    case 'TextBlock':
      return renderText(stringOf(element.text))
    case 'RichTextBlock':
      return renderInlines(element.inlines)
    case 'FactSet':
      return listOf(element.facts)
        .map(({ title, value }) => `- ${renderText(stringOf(title))} ${renderText(stringOf(value))}`)
        .join('\n')
    case 'ColumnSet':
      return inside(element.columns).join('  ')
    case 'Container':
    case 'Column':
    case 'TableCell':
      return inside(element.items).join('\n')
    case 'Table':
      return inside(element.rows).join('\n')
    case 'TableRow':
      return inside(element.cells).join(' | ')
    case 'ActionSet':
      return renderActions(listOf(element.actions))
    case 'Image':
      return `(image: ${stringOf(element.altText)})`
    case undefined:
      return inside(element.items).join('\n')
    default:
      return String(element.type).startsWith('Input.') ? renderInput(element) : `(${String(element.type)})`
  }
}

/** RichTextBlock shows text as it stands, without Markdown. */
function renderInlines(inlines: unknown): string {
  if (!Array.isArray(inlines)) return ''
  return inlines.map((one) => (isFields(one) ? stringOf(one.text) : String(one))).join('')
}

function renderInput(input: Fields): string {
  const label = stringOf(input.label) || stringOf(input.title) || stringOf(input.placeholder)
  const must = input.isRequired === true ? ' *' : ''
  return `${renderText(label)}${must}: [${String(input.value ?? '')}________]`
}

function renderActions(actions: Fields[]): string {
  const row = actions.map((action) => `[ ${stringOf(action.title)} ]`).join('  ')
  const inner = actions
    .filter((action) => action.type === 'Action.ShowCard')
    .map((action) => `  ${stringOf(action.title)} opens:\n${indent(indent(renderCard(fieldsOf(action.card))))}`)
  return [row, ...inner].filter(Boolean).join('\n')
}

function moment(kind: string, iso: string): string {
  const at = new Date(iso.trim())
  if (Number.isNaN(at.getTime())) return iso
  const [date = '', time = ''] = at.toISOString().split('T')
  return kind === 'DATE' ? date : `${time.slice(0, 5)} UTC`
}

/** Moves every line two spaces in. */
export function indent(text: string): string {
  return text.replace(/^/gm, '  ')
}
