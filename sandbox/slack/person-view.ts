import { checkOptions, isFields } from './check-blocks.ts'
import { checkView } from './check-view.ts'
import type { Deliveries } from './deliveries.ts'
import { addView, replaceView } from './methods-views.ts'
import { noticeFor } from './notices.ts'
import { blockSuggestionPayload, viewSubmissionPayload } from './payloads.ts'
import type { Fields, Notice, SlackUser, SlackView } from './types.ts'
import type { DeliveryOptions, InteractionResult, SuggestResult } from './use-types.ts'
import { parseJson } from './wire.ts'
import type { World } from './world.ts'

/**
 * What a person puts in a modal, by block_id or action_id: text, the value of an option (of several, with commas; of an
 * external select, one that was looked for and found), the id of a conversation. Fields are merged into the element's state as they are.
 */
export type Values = Record<string, string | Fields | null>

/** Submits an open modal and does what the app answers: close, errors, update, push, clear. */
export async function submitView(
  world: World,
  deliveries: Deliveries,
  user: SlackUser,
  shown: SlackView,
  entered: { values: Values; options: DeliveryOptions },
): Promise<InteractionResult> {
  if (!shown.open || shown.user !== user.id) throw new Error(`${user.id} has no open modal ${shown.id}`)
  const triggerId = world.trigger(user.id, shown.channel)
  const payload = viewSubmissionPayload(world, user, shown, stateValues(shown, entered.values), triggerId)
  const delivery = await deliveries.deliver('interaction', payload, entered.options)
  const problem = delivery.error ? undefined : obey(world, shown, delivery.body)
  const about = { user: user.id, what: `view_submission ${String(shown.view.callback_id)}` }
  const notice = noticeFor(world, delivery, about, problem)
  world.changed()
  return { ...delivery, triggerId, view: shown, ...(notice && { notice }) }
}

/** Types into an external select of an open modal; what the app answers can then be chosen. */
export async function lookFor(
  world: World,
  deliveries: Deliveries,
  user: SlackUser,
  shown: SlackView,
  sought: { blockId: string; value: string; values: Values; options: DeliveryOptions },
): Promise<SuggestResult> {
  const { blockId, value } = sought
  const block = inputBlocks(shown).find((each) => each.block_id === blockId)
  const element = isFields(block?.element) ? block.element : {}
  if (!shown.open || element.type !== 'external_select') throw new Error(`There is nothing to look for in ${blockId}`)
  const values = stateValues(shown, sought.values, true)
  const at = { blockId, actionId: String(element.action_id), value, values }
  const delivery = await deliveries.deliver(
    'interaction',
    blockSuggestionPayload(world, user, shown, at),
    sought.options,
  )
  const answer = delivery.error ? undefined : parseJson(delivery.body)
  const found = isFields(answer) ? answer.options : undefined
  const wrong = !delivery.error && checkOptions(found).length > 0
  const about = { user: user.id, what: `block_suggestion ${blockId}` }
  const notice = noticeFor(world, delivery, about, wrong ? 'options_error' : undefined)
  const options = notice ? [] : (found as Fields[])
  shown.loaded[blockId] = [...(shown.loaded[blockId] ?? []), ...options]
  world.changed()
  return { ...delivery, options, ...(notice && { notice }) }
}

/** Carries out response_action; what Slack would not understand is a notice. */
function obey(world: World, shown: SlackView, body: string): Notice['error'] | undefined {
  const answer = body === '' ? {} : parseJson(body)
  if (!isFields(answer)) return 'view_error'
  const action = answer.response_action
  if (action === 'errors') {
    const errors = answer.errors as Record<string, string> | undefined
    const inputs = inputBlocks(shown).map((block) => String(block.block_id))
    if (!errors || Object.keys(errors).length === 0 || Object.keys(errors).some((id) => !inputs.includes(id)))
      return 'view_error'
    shown.errors = errors
    return undefined
  }
  if (action === 'update' || action === 'push') {
    if (checkView(answer.view)) return 'view_error'
    if (action === 'update') replaceView(world, shown, answer.view as Fields)
    else addView(world, shown.user, answer.view as Fields, { previous: shown })
    return undefined
  }
  shown.errors = {}
  shown.open = false
  if (action === 'clear') for (const other of world.state.views) if (other.user === shown.user) other.open = false
  return undefined
}

function stateValues(shown: SlackView, values: Values, unfinished = false): Fields {
  const state: Fields = {}
  for (const block of inputBlocks(shown)) {
    const element = isFields(block.element) ? block.element : {}
    const blockId = String(block.block_id)
    const actionId = String(element.action_id)
    const given = blockId in values ? values[blockId] : values[actionId]
    const value = elementState(shown, blockId, element, given)
    if (isEmpty(value) && block.optional !== true && !unfinished)
      throw new Error(`Slack would not submit: ${blockId} is required`)
    state[blockId] = { [actionId]: value }
  }
  return state
}

function elementState(
  shown: SlackView,
  blockId: string,
  element: Fields,
  given: string | Fields | null | undefined,
): Fields {
  const type = String(element.type)
  if (isFields(given)) return { type, ...given }
  if (type === 'plain_text_input') {
    const value = given === undefined ? (element.initial_value ?? null) : given || null
    const length = typeof value === 'string' ? value.length : 0
    if (length > Number(element.max_length ?? 3000)) throw new Error(`Slack would not take so much text: ${blockId}`)
    return { type, value }
  }
  if (type === 'conversations_select') {
    const current = element.default_to_current_conversation === true ? shown.channel : undefined
    const initial = current ?? element.initial_conversation ?? null
    return { type, selected_conversation: given === undefined ? initial : given }
  }
  const own = (Array.isArray(element.options) ? element.options : []).filter(isFields)
  const options = type === 'external_select' ? (shown.loaded[blockId] ?? []) : own
  if (type === 'checkboxes') {
    const chosen = given?.split(',') ?? []
    const some = options.filter((option) => chosen.includes(String(option.value)))
    return { type, selected_options: given === undefined ? (element.initial_options ?? []) : some }
  }
  const chosen = options.find((option) => option.value === given) ?? null
  if (given && !chosen) throw new Error(`There is no option ${given} to choose in ${blockId}`)
  return { type, selected_option: given === undefined ? (element.initial_option ?? null) : chosen }
}

function isEmpty({ type: _type, ...value }: Fields): boolean {
  return Object.values(value).every((one) => one === null || (Array.isArray(one) && one.length === 0))
}

function inputBlocks(shown: SlackView): Fields[] {
  const blocks = Array.isArray(shown.view.blocks) ? shown.view.blocks : []
  return blocks.filter(isFields).filter((block) => block.type === 'input')
}
