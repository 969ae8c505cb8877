import type { types } from '@slack/bolt'
import { plainLines } from '../cards/plain-lines.ts'
import { type Input, operations, requestForm } from '../cards/request-form.ts'
import { type Filled, type TextField, type Toggle, textFields, toggles } from '../transfer/form.ts'
import type { Choice, ChoiceKind } from '../transfer/form-choices.ts'
import type { Operation } from '../transfer/model.ts'
import type { Answer } from '../transfer/ports.ts'

/** The callback_ids: of the global shortcut, of the form that asks what and where, and of the request's own form. */
export const shortcut = 'request'
export const whatForm = 'what'
export const requestFormId = 'request'

/** What the form carries from its opening to its sending: the channel that the story goes to. */
export type FormContext = { operation: Operation; channel: string }

/** What we read of a modal. */
export type SentView = {
  private_metadata: string
  state: { values: Record<string, Record<string, SentValue>> }
}
type SentValue = {
  value?: string | null
  selected_option?: { value?: string } | null
  selected_options?: readonly { value?: string }[]
  selected_conversation?: string | null
}

const OPTIONS = 'options'
/** Slack's limits of an option and of a list of them. */
const limits = { label: 75, value: 150, options: 100, placeholder: 150 }

/** The modal of a request; options of its searchable fields are loaded while somebody looks for them. */
export function formView(context: FormContext): types.ModalView {
  const form = requestForm(context.operation)
  const options = form.toggles.map(({ id, label }) => ({ text: plain(label), value: id }))
  const on = options.filter(({ value }) => form.toggles.some((each) => each.id === value && each.on))
  return {
    type: 'modal',
    callback_id: requestFormId,
    private_metadata: JSON.stringify(context),
    title: plain(form.title),
    submit: plain(form.send),
    close: plain('Cancel'),
    blocks: [
      ...form.inputs.map(blockOf),
      {
        type: 'input',
        block_id: OPTIONS,
        optional: true,
        label: plain('Options'),
        element: { type: 'checkboxes', action_id: OPTIONS, options, ...(on.length > 0 ? { initial_options: on } : {}) },
      },
    ],
  }
}

/** The modal that asks what is wanted, and in which channel its story is told. */
export function whatView(): types.ModalView {
  const options = operations.map(({ value, label }) => ({ text: plain(label), value }))
  return {
    type: 'modal',
    callback_id: whatForm,
    title: plain('Move a database'),
    submit: plain('Next'),
    close: plain('Cancel'),
    blocks: [
      {
        type: 'input',
        block_id: 'operation',
        label: plain('What is to be done?'),
        element: {
          type: 'radio_buttons',
          action_id: 'operation',
          options,
          ...(options[0] ? { initial_option: options[0] } : {}),
        },
      },
      {
        type: 'input',
        block_id: 'channel',
        label: plain('Where is it told?'),
        hint: plain('The request and its story are posted in this conversation.'),
        element: {
          type: 'conversations_select',
          action_id: 'channel',
          default_to_current_conversation: true,
          filter: { include: ['public', 'private', 'im'], exclude_bot_users: false },
        },
      },
    ],
  }
}

/** What the first of the two forms says. */
export function readWhat({ state }: Pick<SentView, 'state'>): FormContext {
  const operation = state.values.operation?.operation?.selected_option?.value === 'import' ? 'import' : 'export'
  return { operation, channel: state.values.channel?.channel?.selected_conversation ?? '' }
}

/** What the form of a request carries. */
export function readContext({ private_metadata }: Pick<SentView, 'private_metadata'>): FormContext {
  const { operation, channel = '' } = JSON.parse(private_metadata || '{}') as Partial<FormContext>
  return { operation: operation === 'import' ? 'import' : 'export', channel }
}

/** What was filled in: each field has one input, in a block and with an action of its own name. */
export function readFilled({ private_metadata, state }: SentView): Filled {
  const given = (id: string): SentValue => state.values[id]?.[id] ?? {}
  const texts: Partial<Record<TextField, string>> = {}
  for (const field of textFields) {
    const text = given(field).value ?? given(field).selected_option?.value
    if (text) texts[field] = text
  }
  const chosen = (given(OPTIONS).selected_options ?? []).map(({ value }) => value)
  const on: readonly Toggle[] = toggles.filter((each) => chosen.includes(each))
  return { operation: readContext({ private_metadata }).operation, texts, on }
}

/** The field whose options are asked for; undefined when it has none of ours. */
export function kindOf(field: string, view: SentView): ChoiceKind | undefined {
  if (field !== 'database' && field !== 'storage' && field !== 'container') return undefined
  // The state is there in what Slack sends today, but nobody promises it.
  const storage = view.state?.values?.storage?.storage?.selected_option?.value
  return { operation: readContext(view).operation, field, ...(storage ? { storage } : {}) }
}

/** As many options as Slack takes; one whose value is too long can only be typed. */
export function optionsOf(choices: readonly Choice[]): { text: types.PlainTextElement; value: string }[] {
  return choices
    .filter(({ value }) => value.length > 0 && value.length <= limits.value)
    .slice(0, limits.options)
    .map(({ label, value }) => ({ text: plain(clipped(label)), value }))
}

/** A no below the field that it is about, what was filled in kept. */
export function fieldError(field: TextField, lines: Answer['lines']) {
  return { response_action: 'errors', errors: { [field]: plainLines(lines) } } as const
}

function blockOf(input: Input): types.KnownBlock {
  const { id, label, hint, optional } = input
  return {
    type: 'input',
    block_id: id,
    label: plain(label),
    ...(hint ? { hint: plain(hint) } : {}),
    ...(optional ? { optional } : {}),
    element: elementOf(input),
  }
}

function elementOf(input: Input): types.InputBlock['element'] {
  switch (input.kind) {
    case 'choice':
      return {
        type: 'external_select',
        action_id: input.id,
        min_query_length: 0,
        placeholder: plain('Choose, or type to search'),
      }
    case 'one':
      return { type: 'static_select', action_id: input.id, options: optionsOf(input.of) }
    case 'text':
      return {
        type: 'plain_text_input',
        action_id: input.id,
        max_length: input.most,
        ...(input.long ? { multiline: true } : {}),
      }
  }
}

function plain(text: string): types.PlainTextElement {
  return { type: 'plain_text', text, emoji: false }
}

function clipped(label: string): string {
  return label.length > limits.label ? `${label.slice(0, limits.label - 1)}…` : label
}
