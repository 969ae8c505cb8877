import { fieldsOf, stringOf } from './fields.ts'
import { CARD } from './messages.ts'
import { indent, renderCard, renderText } from './render-card.ts'
import { APP } from './seed.ts'
import type { Fields, TeamsMessage, TeamsState } from './types.ts'

export { renderCard, renderText } from './render-card.ts'

/** A message as readable plain text: who, then its text and cards, buttons in brackets; names come from `state`. */
export function renderMessage(message: TeamsMessage, state?: TeamsState): string {
  const who = nameOf(message.from, state)
  const marks = [
    message.targetedTo ? `only ${nameOf(message.targetedTo, state)} sees this` : '',
    message.rootId && message.rootId !== message.id ? 'in thread' : '',
    message.edits.length > 1 ? 'edited' : '',
    message.deleted ? 'deleted' : '',
  ].filter(Boolean)
  const head = marks.length > 0 ? `${who} (${marks.join(', ')})` : who
  const body = [renderText(message.text), ...message.attachments.map(renderAttachment)].filter(Boolean).join('\n')
  return `${head}\n${indent(body)}`
}

/** A typed message's HTML says what its text says. */
function renderAttachment({ contentType, content }: Fields): string {
  if (contentType === CARD) return renderCard(fieldsOf(content))
  return contentType === 'text/html' ? '' : `(${stringOf(contentType)})`
}

function nameOf(id: string, state?: TeamsState): string {
  return id === APP.bot ? APP.name : (state?.users.find((user) => user.id === id)?.name ?? id)
}
