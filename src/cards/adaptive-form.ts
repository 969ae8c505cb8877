import { type Filled, type TextField, textFields, toggles } from '../transfer/form.ts'
import type { Choice, ChoiceKind } from '../transfer/form-choices.ts'
import { type Input, requestForm } from './request-form.ts'

/** What the form carries from its opening to its sending, beside what was filled in: where its story goes. */
export type FormData = { form: Filled['operation']; conversation?: string; root?: string }

/** What may be chosen in each field whose choices are on the card. */
export type Offered = Readonly<Record<'database' | 'storage', readonly Choice[]>>

/** The verb of the button that sends the form. */
export const askVerb = 'ask'

/** A database that the catalogue does not name, of an import that makes it. */
const OTHER = 'other-database'
/** Bytes of each list of choices, so that the card stays below the 28 KB that Teams takes. */
const room = { database: 11_000, storage: 7_000 }

/** The form of a request as a card. A list that is too long is cut: what is left out can be typed as a command. */
export function formCard(data: FormData, offered: Offered): object {
  const { title, send, inputs, toggles: switches } = requestForm(data.form)
  const fields = inputs.flatMap((input) => elementsOf(input, data, offered))
  const button = { title: send, data: { ...data, verb: askVerb } }
  return {
    type: 'AdaptiveCard',
    version: '1.5',
    fallbackText: title,
    body: [
      { type: 'TextBlock', text: title, weight: 'bolder', size: 'large', wrap: true },
      ...fields,
      ...switches.map(({ id, label, on }) => ({ type: 'Input.Toggle', id, title: label, value: String(on) })),
      {
        type: 'ActionSet',
        actions: [
          {
            type: 'Action.Execute',
            verb: askVerb,
            style: 'positive',
            ...button,
            fallback: { type: 'Action.Submit', ...button },
          },
        ],
      },
    ],
    msteams: { width: 'Full' },
  }
}

/** What came back with the button; undefined when it is not one of our forms. */
export function readFormCard(data: Readonly<Record<string, unknown>>): (FormData & { filled: Filled }) | undefined {
  const { form } = data
  if (form !== 'export' && form !== 'import') return undefined
  const textOf = (id: string): string | undefined => {
    const value = data[id]
    return typeof value === 'string' && value !== '' ? value : undefined
  }
  const texts: Partial<Record<TextField, string>> = {}
  for (const field of textFields) {
    const text = (field === 'database' ? textOf(OTHER) : undefined) ?? textOf(field)
    if (text !== undefined) texts[field] = text
  }
  const [conversation, root] = [textOf('conversation'), textOf('root')]
  return {
    form,
    ...(conversation === undefined ? {} : { conversation }),
    ...(root === undefined ? {} : { root }),
    filled: { operation: form, texts, on: toggles.filter((each) => data[each] === 'true') },
  }
}

function elementsOf(input: Input, { form }: FormData, offered: Offered): readonly object[] {
  const { id, label, hint, optional } = input
  const needed = optional ? {} : { isRequired: true, errorMessage: `Needed: ${label}.` }
  const common = { id, label, ...(hint ? { placeholder: hint } : {}) }
  if (input.kind === 'text') {
    const long = input.long ? { isMultiline: true } : {}
    return [{ type: 'Input.Text', ...common, ...needed, ...long, maxLength: input.most }]
  }
  if (input.kind === 'one') return [choiceSet(input.of, { ...common, ...needed, style: 'compact' })]
  // A container may be one that no configuration names.
  if (input.id === 'container') return [{ type: 'Input.Text', ...common, ...needed, maxLength: 63 }]
  const choices = withinRoom(offered[input.id], room[input.id])
  if (input.id === 'database' && form === 'import') {
    const other = { id: OTHER, label: 'Or a new database', placeholder: 'As server/database.', maxLength: 200 }
    return [choiceSet(choices, { ...common, style: 'filtered' }), { type: 'Input.Text', ...other }]
  }
  return [choiceSet(choices, { ...common, ...needed, style: 'filtered' })]
}

function choiceSet(of: readonly Choice[], properties: { id: ChoiceKind['field'] | TextField; style: string }): object {
  return { type: 'Input.ChoiceSet', ...properties, choices: of.map(({ value, label }) => ({ title: label, value })) }
}

function withinRoom(choices: readonly Choice[], bytes: number): readonly Choice[] {
  let left = bytes
  return choices.filter((each) => {
    left -= Buffer.byteLength(JSON.stringify(each))
    return left >= 0
  })
}
