import { isFields } from './check-blocks.ts'
import type { Fields, SlackEphemeral, SlackMessage, SlackState, SlackView } from './types.ts'

/** A message as readable plain text: who, then its blocks (or its text), buttons in brackets; names come from `state`. */
export function renderMessage(message: SlackMessage | SlackEphemeral, state?: SlackState): string {
  const who = nameOf(message.user, state)
  const marks = [
    'to' in message ? `only ${nameOf(message.to, state)} sees this` : '',
    message.threadTs && message.threadTs !== message.ts ? 'in thread' : '',
    message.edits.length > 1 ? 'edited' : '',
    message.deleted ? 'deleted' : '',
  ].filter(Boolean)
  const head = marks.length > 0 ? `${who} (${marks.join(', ')})` : who
  const body = message.blocks.length > 0 ? renderBlocks(message.blocks, state) : renderText(message.text, state)
  return `${head}\n${indent(body)}`
}

/** A Home tab as readable plain text. */
export function renderHome({ view }: SlackView, state?: SlackState): string {
  return renderBlocks(Array.isArray(view.blocks) ? view.blocks.filter(isFields) : [], state)
}

/** A modal as readable plain text. */
export function renderView(shown: SlackView, state?: SlackState): string {
  const { title, submit, close } = shown.view
  const blocks = Array.isArray(shown.view.blocks) ? shown.view.blocks.filter(isFields) : []
  const errors = Object.entries(shown.errors).map(([block, error]) => `! ${block}: ${error}`)
  const buttons = [submit, close].filter(isFields).map((button) => `[ ${textIn(button, state)} ]`)
  return [`┌ ${textIn(title, state)}`, indent(renderBlocks(blocks, state)), ...errors, buttons.join(' ')]
    .filter(Boolean)
    .join('\n')
}

function renderBlocks(blocks: Fields[], state?: SlackState): string {
  return blocks
    .map((block) => renderBlock(block, state))
    .filter(Boolean)
    .join('\n')
}

function renderBlock(block: Fields, state?: SlackState): string {
  const elements = (Array.isArray(block.elements) ? block.elements : []).filter(isFields)
  switch (block.type) {
    case 'header':
      return `# ${textIn(block.text, state)}`
    case 'divider':
      return '─'.repeat(40)
    case 'context':
      return `· ${elements.map((element) => renderElement(element, state)).join('  ')}`
    case 'actions':
      return elements.map((element) => renderElement(element, state)).join('  ')
    case 'image':
      return `(image: ${String(block.alt_text ?? '')})`
    case 'markdown':
      return renderText(String(block.text ?? ''), state)
    case 'input':
      return `${textIn(block.label, state)}: ${isFields(block.element) ? renderElement(block.element, state) : ''}`
    case 'section':
      return renderSection(block, state)
    default:
      return `(${String(block.type)})`
  }
}

function renderSection(block: Fields, state?: SlackState): string {
  const fields = (Array.isArray(block.fields) ? block.fields : []).map(
    (field) => `- ${textIn(field, state).replaceAll('\n', ' ')}`,
  )
  const accessory = isFields(block.accessory) ? renderElement(block.accessory, state) : ''
  return [textIn(block.text, state), ...fields, accessory].filter(Boolean).join('\n')
}

function renderElement(element: Fields, state?: SlackState): string {
  switch (element.type) {
    case 'button':
      return `[ ${textIn(element.text, state)} ]`
    case 'plain_text_input':
      return `[${String(element.initial_value ?? '')}________]`
    case 'image':
      return `(image: ${String(element.alt_text ?? '')})`
    case 'mrkdwn':
    case 'plain_text':
      return textIn(element, state)
    default:
      return `( ${textIn(element.placeholder, state) || String(element.type)} ▾ )`
  }
}

function textIn(value: unknown, state?: SlackState): string {
  if (!isFields(value)) return ''
  const text = String(value.text ?? '')
  return value.type === 'plain_text' ? text : renderText(text, state)
}

/** mrkdwn without its marks: names for ids, labels for links, dates by their fallback, entities resolved. */
export function renderText(text: string, state?: SlackState): string {
  return text
    .replace(/<@([A-Z0-9]+)(?:\|[^>]*)?>/g, (_all, id: string) => `@${nameOf(id, state)}`)
    .replace(
      /<!subteam\^([A-Z0-9]+)(?:\|[^>]*)?>/g,
      (_all, id: string) => `@${state?.groups.find((g) => g.id === id)?.handle ?? id}`,
    )
    .replace(
      /<#([A-Z0-9]+)(?:\|[^>]*)?>/g,
      (_all, id: string) => `#${state?.channels.find((c) => c.id === id)?.name ?? id}`,
    )
    .replace(/<!date\^[^|>]*\|([^>]*)>/g, '$1')
    .replace(/<!(\w+)[^>]*>/g, '@$1')
    .replace(/<([^|>]+)\|([^>]+)>/g, '$2')
    .replace(/<([^>]+)>/g, '$1')
    .replace(/(^|[\s(])\*([^*\n]+)\*/g, '$1$2')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
}

function nameOf(id: string, state?: SlackState): string {
  return state?.users.find((user) => user.id === id)?.real_name ?? id
}

function indent(text: string): string {
  return text
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n')
}
