import { isFields, listOf, stringOf } from './fields.ts'
import type { Fields } from './types.ts'

/** A button, with the inputs that it sends: those of its own card and of the cards around that. */
export type Button = { action: Fields; inputs: Fields[] }

/** Every button of the card, the ones inside Action.ShowCard included. */
export function buttonsOf(card: Fields, around: Fields[] = []): Button[] {
  const inputs = [...around, ...inputsIn(card)]
  return actionsIn(card).flatMap((action) => {
    const inner = action.type === 'Action.ShowCard' && isFields(action.card) ? buttonsOf(action.card, inputs) : []
    return [{ action, inputs: action.associatedInputs === 'none' ? [] : inputs }, ...inner]
  })
}

/** What the button sends: its data, with what was typed; throws where a client would not let it be sent. */
export function dataOf({ action, inputs }: Button, typed: Record<string, string>): unknown {
  const ids = inputs.map((input) => stringOf(input.id))
  const strange = Object.keys(typed).find((id) => !ids.includes(id))
  if (strange) throw new Error(`There is no input ${strange} for ${String(action.title)}; there are: ${ids.join(', ')}`)
  const values: Fields = {}
  for (const input of inputs) {
    const value = inputValue(input, typed[stringOf(input.id)])
    check(input, value ?? '')
    if (value !== undefined) values[stringOf(input.id)] = value
  }
  if (action.data !== undefined && !isFields(action.data)) return ids.length > 0 ? values : action.data
  return { ...(isFields(action.data) ? action.data : {}), ...values }
}

function inputValue(input: Fields, typed: string | undefined): string | undefined {
  if (typed !== undefined) return typed
  if (input.type === 'Input.Toggle') return stringOf(input.value) || stringOf(input.valueOff) || 'false'
  if (input.value !== undefined) return String(input.value)
  return input.type === 'Input.Text' ? '' : undefined
}

function check(input: Fields, value: string): void {
  const say = (problem: string) => {
    throw new Error(`${stringOf(input.errorMessage) || problem} (input ${String(input.id)})`)
  }
  if (input.isRequired === true && value.trim() === '') say('This is a required field')
  if (typeof input.maxLength === 'number' && value.length > input.maxLength)
    say(`At most ${input.maxLength} characters`)
  if (typeof input.regex === 'string' && value && !new RegExp(input.regex).test(value)) say('Not in the right form')
  if (input.type === 'Input.ChoiceSet' && value) {
    const known = listOf(input.choices).map((choice) => choice.value)
    const chosen = input.isMultiSelect === true ? value.split(',') : [value]
    if (chosen.some((one) => !known.includes(one))) say(`${value} is no choice`)
  }
}

/** Actions of this card, wherever they stand; those of inner cards are left to the caller. */
function actionsIn(card: Fields): Fields[] {
  return find(card, (item) => stringOf(item.type).startsWith('Action.'))
}

function inputsIn(card: Fields): Fields[] {
  return find(card, (item) => stringOf(item.type).startsWith('Input.'))
}

function find(from: Fields, wanted: (item: Fields) => boolean): Fields[] {
  const found: Fields[] = []
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) for (const one of value) walk(one)
    if (!isFields(value) || value.isVisible === false) return
    if (value !== from && wanted(value)) found.push(value)
    for (const [key, inner] of Object.entries(value)) if (!HIDDEN.includes(key)) walk(inner)
  }
  walk(from)
  return found
}

/** Properties in which nothing stands that this card shows. */
const HIDDEN = ['card', 'data', 'msteams', 'refresh', 'fallback', 'authentication']
