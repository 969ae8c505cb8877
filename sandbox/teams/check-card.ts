import { type Child, ELEMENTS, type Need, type Shape } from './card-shapes.ts'
import { mentionProblems } from './check-mentions.ts'
import { isFields } from './fields.ts'
import type { Fields } from './types.ts'
import type { World } from './world.ts'

/** Most bytes of one card. */
const MOST_BYTES = 28 * 1024

/** Notes a problem; answers undefined, so that a check can end with it. */
type Report = (at: string, problem: string) => undefined

/** True when the card is larger than Teams takes. */
export function cardIsTooBig(card: Fields): boolean {
  return Buffer.byteLength(JSON.stringify(card)) > MOST_BYTES
}

/** What is wrong with an Adaptive Card for Teams, each with its place; empty when it may be shown. */
export function cardProblems(world: World, card: unknown): string[] {
  const problems: string[] = []
  const report: Report = (at, problem) => {
    problems.push(`${at} ${problem}`)
    return undefined
  }
  if (!isFields(card)) return ['content must be an object']
  checkCard(card, 'card', report)
  return [...problems, ...sameIds(card), ...mentionProblems(world, card)]
}

/** Clients draw no card in which two elements have the same id, cards that unfold included. */
function sameIds(card: Fields): string[] {
  const ids = idsIn(card)
  return [...new Set(ids.filter((id, index) => ids.indexOf(id) !== index))].map((id) => `card has the id ${id} twice`)
}

function idsIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(idsIn)
  if (!isFields(value)) return []
  const { data: _data, msteams: _msteams, refresh: _refresh, fallback: _fallback, ...inner } = value
  const own = typeof value.type === 'string' && typeof value.id === 'string' ? [value.id] : []
  return [...own, ...Object.values(inner).flatMap(idsIn)]
}

function checkCard(card: Fields, at: string, report: Report): void {
  if (card.type !== 'AdaptiveCard') report(`${at}.type`, 'must be AdaptiveCard')
  // A card inside Action.ShowCard inherits the version of the card around it.
  if (at === 'card' && !versionIsKnown(card.version)) report(`${at}.version`, 'must be 1.0 to 1.5')
  checkChildren(card, { body: 'elements', actions: 'actions', selectAction: 'action' }, at, report)
  if (card.refresh !== undefined) checkRefresh(card.refresh, `${at}.refresh`, report)
}

function versionIsKnown(version: unknown): boolean {
  return typeof version === 'string' && /^1\.[0-5]$/.test(version)
}

function checkRefresh(refresh: unknown, at: string, report: Report): undefined {
  if (!isFields(refresh)) return report(at, 'must be an object')
  const { action, userIds } = refresh
  if (!isFields(action) || action.type !== 'Action.Execute') report(`${at}.action`, 'must be an Action.Execute')
  else checkItem(action, `${at}.action`, 'action', report)
  if (userIds === undefined) return
  if (!Array.isArray(userIds) || userIds.some((id) => typeof id !== 'string')) {
    report(`${at}.userIds`, 'must be a list of MRIs')
  } else if (userIds.length > 60) report(`${at}.userIds`, 'must have at most 60 MRIs')
}

/** An element or action by its type, with what is inside it. */
function checkItem(item: unknown, at: string, kind: 'element' | 'action', report: Report, usual?: string): undefined {
  if (!isFields(item)) return report(at, 'must be an object')
  const type = item.type ?? usual
  if (typeof type !== 'string') return report(`${at}.type`, 'is missing')
  const shape = Object.hasOwn(ELEMENTS, type) ? ELEMENTS[type] : undefined
  if (!shape || type.startsWith('Action.') !== (kind === 'action')) {
    return report(`${at}.type`, `${type} is not a known ${kind}`)
  }
  checkNeeds(item, shape, at, report)
  checkChildren(item, shape.children ?? {}, at, report)
  const { fallback } = item
  if (fallback !== undefined && fallback !== 'drop') checkItem(fallback, `${at}.fallback`, kind, report)
}

function checkNeeds(item: Fields, shape: Shape, at: string, report: Report): void {
  for (const [key, need] of Object.entries(shape.needs ?? {})) {
    if (item[key] === undefined) report(`${at}.${key}`, 'is missing')
    else if (!fits(item[key], need)) report(`${at}.${key}`, `must be ${wordFor(need)}`)
  }
  for (const [key, need] of Object.entries(shape.may ?? {})) {
    if (item[key] !== undefined && !fits(item[key], need)) report(`${at}.${key}`, `must be ${wordFor(need)}`)
  }
}

function checkChildren(item: Fields, children: Record<string, Child>, at: string, report: Report): void {
  for (const [key, child] of Object.entries(children)) {
    const value = item[key]
    if (value === undefined) continue
    const place = `${at}.${key}`
    if (child === 'card') {
      if (isFields(value)) checkCard(value, place, report)
      else report(place, 'must be a card')
    } else if (child === 'action') checkItem(value, place, 'action', report)
    else if (!Array.isArray(value)) report(place, 'must be a list')
    else checkList(value, child, place, report)
  }
}

function checkList(list: unknown[], child: Exclude<Child, 'card' | 'action'>, at: string, report: Report): void {
  for (const [index, one] of list.entries()) {
    const place = `${at}[${index}]`
    if (child === 'elements' || child === 'actions') {
      checkItem(one, place, child === 'actions' ? 'action' : 'element', report)
    } else if (child === 'inlines') {
      if (typeof one !== 'string') checkItem(one, place, 'element', report)
    } else if ('usual' in child) checkItem(one, place, 'element', report, child.usual)
    else if (isFields(one)) checkNeeds(one, child, place, report)
    else report(place, 'must be an object')
  }
}

function fits(value: unknown, need: Need): boolean {
  if (Array.isArray(need)) return typeof value === 'string' && need.includes(value.toLowerCase())
  if (need === 'list') return Array.isArray(value)
  if (need === 'object') return isFields(value)
  if (need === 'some') return typeof value === 'string' && value !== ''
  return typeof value === need
}

function wordFor(need: Need): string {
  if (Array.isArray(need)) return `one of ${need.join(', ')}`
  return { list: 'a list', object: 'an object', some: 'text that is not empty' }[String(need)] ?? `a ${String(need)}`
}
