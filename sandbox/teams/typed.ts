import { APP } from './seed.ts'
import type { Fields, TeamsUser } from './types.ts'

/** What Teams makes of something typed: the text, its mention entities, and the same as HTML. */
export type Typed = { text: string; entities: Fields[]; html: string }

type Named = { id: string; name: string; typed: string }

/** A typed message: & < > and doubled spaces encoded, `@Name` of a known person made a mention, the bot mentioned first when told. */
export function typedMessage(typed: string, users: TeamsUser[], mentionBot: boolean, formatted = false): Typed {
  const bot = { id: APP.bot, name: APP.name, typed: APP.name }
  const known = [bot, ...users.flatMap(namesOf)].sort((a, b) => b.typed.length - a.typed.length)
  const found: Named[] = mentionBot ? [bot] : []
  let text = mentionBot ? `${at(bot.typed)}&nbsp;` : ''
  let html = mentionBot ? `${span(bot.typed, 0)}&nbsp;` : ''
  for (const part of partsOf(typed, known)) {
    if (typeof part === 'string') {
      text += encoded(part)
      const inside = encoded(part).replaceAll('\n', '<br>')
      html += formatted ? `<strong>${inside}</strong>` : inside
      continue
    }
    text += at(part.typed)
    html += span(part.typed, found.length)
    found.push(part)
  }
  const entities = found.map((one) => ({
    type: 'mention',
    mentioned: { id: one.id, name: one.name },
    text: at(one.typed),
  }))
  return { text, entities, html: `<p>${html}</p>` }
}

/** Text, and the names in it that are mentions. */
function partsOf(typed: string, known: Named[]): (string | Named)[] {
  const parts: (string | Named)[] = []
  let rest = ''
  for (let index = 0; index < typed.length; index += 1) {
    const named = typed[index] === '@' ? nameAt(typed, index, known) : undefined
    if (!named) {
      rest += typed[index]
      continue
    }
    if (rest) parts.push(rest)
    rest = ''
    parts.push(named)
    index += named.typed.length
  }
  return rest ? [...parts, rest] : parts
}

function nameAt(typed: string, index: number, known: Named[]): Named | undefined {
  if (/\w/.test(typed[index - 1] ?? '')) return undefined
  return known.find(({ typed: name }) => {
    const after = typed[index + 1 + name.length] ?? ''
    return typed.startsWith(name, index + 1) && !/\w/.test(after)
  })
}

/** People are mentioned by their full name, or by the first name that the client cuts it to. */
function namesOf(user: TeamsUser): Named[] {
  const { id, name, givenName } = user
  return [name, givenName].map((typed) => ({ id, name, typed }))
}

function at(name: string): string {
  return `<at>${encoded(name)}</at>`
}

function span(name: string, index: number): string {
  return `<span itemtype="http://schema.skype.com/Mention" itemscope="" itemid="${index}">${encoded(name)}</span>`
}

function encoded(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll(/ {2}/g, ' &nbsp;')
}
