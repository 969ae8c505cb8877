import type { Fields } from './types.ts'

/** Says where (JSON pointer) and what is wrong; collected in the order found. */
export type Report = (pointer: string, problem: string) => void

/** Checks of one kind of block or element: its fields, and what may be in them. */
type Shape = Record<string, (value: unknown, at: string, report: Report) => void>

const BLOCKS_IN_MESSAGE = 50
const BLOCKS_IN_VIEW = 100

type Place = 'message' | 'modal' | 'home'

/** Blocks that Slack shows in one place alone. */
const ONLY_IN: Record<string, Place> = { alert: 'modal' }

/** Blocks that newer Slack knows too; only their type and ids are checked. */
const UNCHECKED = new Set(
  'rich_text video file call context_actions table data_table card carousel container alert plan task_card'.split(' '),
)

/** Problems that Slack finds in the blocks of a message, modal or Home tab, each as the wire words it; none means they are accepted. */
export function checkBlocks(blocks: unknown, where: Place, root = '/blocks'): string[] {
  const problems: string[] = []
  const report: Report = (at, problem) => problems.push(`${problem} [json-pointer:${at}]`)
  if (!Array.isArray(blocks)) return [`must be an array [json-pointer:${root}]`]
  const most = where === 'message' ? BLOCKS_IN_MESSAGE : BLOCKS_IN_VIEW
  if (blocks.length > most) report(root, `no more than ${most} items allowed`)
  const ids = new Set<string>()
  for (const [index, block] of blocks.entries()) {
    const at = `${root}/${index}`
    if (!isFields(block)) {
      report(at, 'must be an object')
      continue
    }
    checkBlock(block, at, report)
    const only = ONLY_IN[String(block.type)]
    if (only && only !== where) report(`${at}/type`, `unsupported type: ${block.type}`)
    if (typeof block.block_id === 'string') {
      if (ids.has(block.block_id)) report(`${at}/block_id`, '`block_id` already exists')
      ids.add(block.block_id)
    }
  }
  return problems
}

/** True for a plain JSON object. */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A check that a text object has one of these types and 1 to `most` characters. */
export function text(most: number, only?: 'plain_text'): Shape[string] {
  return (value, at, report) => {
    if (!isFields(value)) return report(at, 'must be a text object')
    if (value.type !== 'plain_text' && (only || value.type !== 'mrkdwn'))
      report(`${at}/type`, `must be ${only ?? 'plain_text or mrkdwn'}`)
    const allowed = value.type === 'mrkdwn' ? ['type', 'text', 'verbatim'] : ['type', 'text', 'emoji']
    for (const key of Object.keys(value)) if (!allowed.includes(key)) report(at, `invalid additional property: ${key}`)
    chars(most, 1)(value.text, `${at}/text`, report)
  }
}

/** A check that a value is a string of `least` to `most` characters. */
export function chars(most: number, least = 0): Shape[string] {
  return (value, at, report) => {
    if (typeof value !== 'string') return report(at, 'must be a string')
    if (value.length > most) report(at, `must be less than ${most + 1} characters`)
    if (value.length < least) report(at, `must be more than ${least - 1} characters`)
  }
}

function list(most: number, each: Shape[string]): Shape[string] {
  return (value, at, report) => {
    if (!Array.isArray(value)) return report(at, 'must be an array')
    if (value.length > most) report(at, `no more than ${most} items allowed`)
    if (value.length === 0) report(at, 'no fewer than 1 items allowed')
    for (const [index, item] of value.entries()) each(item, `${at}/${index}`, report)
  }
}

function oneOf(...values: unknown[]): Shape[string] {
  return (value, at, report) => {
    if (!values.includes(value)) report(at, `must be one of ${values.join(', ')}`)
  }
}

function number(least: number): Shape[string] {
  return (value, at, report) => {
    if (!Number.isInteger(value) || Number(value) < least || Number(value) > 3000)
      report(at, `must be a number from ${least} to 3000`)
  }
}

const anything: Shape[string] = () => undefined
const option: Shape[string] = shape(
  { text: text(75), value: chars(150), description: text(75, 'plain_text'), url: chars(3000) },
  ['text', 'value'],
)
const confirm: Shape[string] = shape(
  {
    title: text(100, 'plain_text'),
    text: text(300),
    confirm: text(30, 'plain_text'),
    deny: text(30, 'plain_text'),
    style: oneOf('primary', 'danger'),
  },
  ['title', 'text', 'confirm', 'deny'],
)

const IMAGE: Shape = {
  image_url: chars(3000),
  slack_file: anything,
  alt_text: chars(2000),
  title: text(2000, 'plain_text'),
}

const CHOSEN: Shape = { action_id: chars(255), options: list(10, option), confirm, focus_on_load: anything }

const ELEMENTS: Record<string, { fields: Shape; needed: string[] }> = {
  button: {
    fields: {
      action_id: chars(255),
      text: text(75, 'plain_text'),
      value: chars(2000),
      url: chars(3000),
      style: oneOf('primary', 'danger'),
      confirm,
      accessibility_label: chars(75),
    },
    needed: ['text'],
  },
  image: { fields: IMAGE, needed: ['alt_text'] },
  static_select: {
    fields: {
      action_id: chars(255),
      placeholder: text(150, 'plain_text'),
      options: list(100, option),
      option_groups: list(100, anything),
      initial_option: option,
      confirm,
      focus_on_load: anything,
    },
    needed: [],
  },
  external_select: {
    fields: {
      action_id: chars(255),
      placeholder: text(150, 'plain_text'),
      initial_option: option,
      min_query_length: anything,
      confirm,
      focus_on_load: anything,
    },
    needed: ['action_id'],
  },
  conversations_select: {
    fields: {
      action_id: chars(255),
      placeholder: text(150, 'plain_text'),
      initial_conversation: chars(255),
      default_to_current_conversation: oneOf(true, false),
      response_url_enabled: oneOf(true, false),
      filter: conversationFilter,
      confirm,
      focus_on_load: anything,
    },
    needed: ['action_id'],
  },
  checkboxes: { fields: { ...CHOSEN, initial_options: list(10, option) }, needed: ['options'] },
  radio_buttons: { fields: { ...CHOSEN, initial_option: option }, needed: ['options'] },
  plain_text_input: {
    fields: {
      action_id: chars(255),
      placeholder: text(150, 'plain_text'),
      initial_value: chars(3000),
      multiline: anything,
      min_length: number(0),
      max_length: number(1),
      dispatch_action_config: anything,
      focus_on_load: anything,
    },
    needed: [],
  },
}

const BLOCKS: Record<string, { fields: Shape; needed: string[] }> = {
  section: {
    fields: { text: text(3000), fields: list(10, text(2000)), accessory: element, expand: anything },
    needed: [],
  },
  header: { fields: { text: text(150, 'plain_text') }, needed: ['text'] },
  divider: { fields: {}, needed: [] },
  image: { fields: IMAGE, needed: ['alt_text'] },
  markdown: { fields: { text: chars(12_000, 1) }, needed: ['text'] },
  actions: { fields: { elements: actionElements }, needed: ['elements'] },
  context: { fields: { elements: list(10, contextElement) }, needed: ['elements'] },
  input: {
    fields: {
      label: text(2000, 'plain_text'),
      element,
      hint: text(2000, 'plain_text'),
      optional: anything,
      dispatch_action: anything,
    },
    needed: ['label', 'element'],
  },
}

function checkBlock(block: Fields, at: string, report: Report): void {
  const type = String(block.type)
  const known = Object.hasOwn(BLOCKS, type) ? BLOCKS[type] : undefined
  if (!known) {
    if (!UNCHECKED.has(type)) report(`${at}/type`, `unsupported type: ${type}`)
    return
  }
  shape({ ...known.fields, type: anything, block_id: chars(255) }, known.needed)(block, at, report)
  if (type === 'section' && block.text === undefined && block.fields === undefined)
    report(at, 'missing required field: text or fields')
}

function shape(fields: Shape, needed: string[]): Shape[string] {
  return (value, at, report) => {
    if (!isFields(value)) return report(at, 'must be an object')
    for (const key of needed) if (value[key] === undefined) report(at, `missing required field: ${key}`)
    for (const [key, inner] of Object.entries(value)) {
      const check = Object.hasOwn(fields, key) ? fields[key] : undefined
      if (!check) report(at, `invalid additional property: ${key}`)
      else check(inner, `${at}/${key}`, report)
    }
  }
}

function element(value: unknown, at: string, report: Report): void {
  if (!isFields(value) || typeof value.type !== 'string') {
    report(at, 'must be an element')
    return
  }
  const known = Object.hasOwn(ELEMENTS, value.type) ? ELEMENTS[value.type] : undefined
  if (known) shape({ ...known.fields, type: anything }, known.needed)(value, at, report)
  else if (value.action_id !== undefined) chars(255)(value.action_id, `${at}/action_id`, report)
}

function conversationFilter(value: unknown, at: string, report: Report): void {
  const kinds = list(4, oneOf('im', 'mpim', 'private', 'public'))
  const flag = oneOf(true, false)
  const known = { include: kinds, exclude_external_shared_channels: flag, exclude_bot_users: flag }
  shape(known, [])(value, at, report)
}

/** What Slack finds wrong in the options that an app answers with while somebody looks for one. */
export function checkOptions(options: unknown): string[] {
  const problems: string[] = []
  if (!Array.isArray(options)) return ['must be an array [json-pointer:/options]']
  if (options.length > 0) list(100, option)(options, '/options', (at, problem) => problems.push(`${problem} ${at}`))
  return problems
}

function actionElements(value: unknown, at: string, report: Report): void {
  list(25, element)(value, at, report)
  const ids = new Set<unknown>()
  for (const [index, item] of (Array.isArray(value) ? value : []).entries()) {
    if (!isFields(item) || item.action_id === undefined) continue
    if (ids.has(item.action_id)) report(`${at}/${index}/action_id`, '`action_id` already exists')
    ids.add(item.action_id)
  }
}

function contextElement(value: unknown, at: string, report: Report): void {
  if (isFields(value) && value.type === 'image') element(value, at, report)
  else text(2000)(value, at, report)
}
