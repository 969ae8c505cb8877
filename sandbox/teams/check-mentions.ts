import { fieldsOf, isFields, listOf } from './fields.ts'
import { APP } from './seed.ts'
import type { Fields } from './types.ts'
import type { World } from './world.ts'

const AT = /<at>([\s\S]*?)<\/at>/g

/** What is wrong with the mentions of a card: each `<at>` has one entity, each entity its `<at>` and a person. */
export function mentionProblems(world: World, card: Fields): string[] {
  const entities = fieldsOf(card.msteams).entities
  if (entities !== undefined && !Array.isArray(entities)) return ['card.msteams.entities must be a list']
  const mentions = listOf(entities)
  const marked = new Set(textsIn(card).flatMap((text) => [...text.matchAll(AT)].map(([whole]) => whole)))
  const named = new Set(mentions.map((mention) => mention.text))
  return [
    ...mentions.flatMap((mention, index) => entityProblems(world, mention, marked, `card.msteams.entities[${index}]`)),
    ...[...marked].filter((text) => !named.has(text)).map((text) => `card has ${text} without a mention entity`),
  ]
}

function entityProblems(world: World, mention: Fields, marked: Set<string>, at: string): string[] {
  if (mention.type !== 'mention') return [`${at}.type must be mention`]
  if (typeof mention.text !== 'string' || !/^<at>[\s\S]+<\/at>$/.test(mention.text)) {
    return [`${at}.text must be <at>name</at>`]
  }
  const { id, name } = fieldsOf(mention.mentioned)
  if (typeof name !== 'string' || name === '') return [`${at}.mentioned.name is missing`]
  if (typeof id !== 'string' || !isKnown(world, id)) return [`${at}.mentioned.id ${String(id)} is nobody`]
  return marked.has(mention.text) ? [] : [`${at}.text ${mention.text} is nowhere in the card`]
}

/** A person's MRI, object id or user principal name, or the bot. */
function isKnown(world: World, id: string): boolean {
  const user = world.user(id)
  return id === APP.bot || (user !== undefined && user.handle !== id)
}

/** Texts in which Teams resolves mentions: those of text blocks and facts, wherever they stand. */
function textsIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(textsIn)
  if (!isFields(value)) return []
  const own = value.type === 'TextBlock' ? [value.text] : value.type === 'FactSet' ? factTexts(value) : []
  const { data: _data, msteams: _msteams, ...inner } = value
  return [...own.filter((text) => typeof text === 'string'), ...Object.values(inner).flatMap(textsIn)]
}

function factTexts(set: Fields): unknown[] {
  return listOf(set.facts).flatMap((fact) => [fact.title, fact.value])
}
