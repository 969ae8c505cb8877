import { chars, checkBlocks, isFields, type Report, text } from './check-blocks.ts'
import type { Fields } from './types.ts'

const LARGEST_VIEW = 250_000

/** What is wrong with a view, as the wire says it. */
type Problem = { error: string; messages: string[] } | undefined

/** What Slack answers to a modal it refuses, or undefined when the modal is fine. */
export function checkView(view: unknown): Problem {
  return checked(view, (fields, report) => {
    if (fields.type !== 'modal') report('/view/type', 'must be modal')
    text(24, 'plain_text')(fields.title, '/view/title', report)
    for (const key of ['submit', 'close']) {
      if (fields[key] !== undefined) text(24, 'plain_text')(fields[key], `/view/${key}`, report)
    }
    if (fields.submit === undefined && hasInput(fields))
      report('/view', 'missing required field: submit (there are input blocks)')
  })
}

/** The same of a Home tab, which has nothing but blocks. */
export function checkHome(view: unknown): Problem {
  return checked(view, (fields, report) => {
    if (fields.type !== 'home') report('/view/type', 'must be home')
    for (const key of ['title', 'submit', 'close', 'clear_on_close', 'notify_on_close']) {
      if (fields[key] !== undefined) report('/view', `invalid additional property: ${key}`)
    }
  })
}

function checked(view: unknown, own: (view: Fields, report: Report) => void): Problem {
  const problems: string[] = []
  const report: Report = (at, problem) => problems.push(`${problem} [json-pointer:${at}]`)
  if (!isFields(view)) return { error: 'invalid_arguments', messages: ['must be an object [json-pointer:/view]'] }
  if (JSON.stringify(view).length > LARGEST_VIEW) return { error: 'view_too_large', messages: [] }
  own(view, report)
  if (view.private_metadata !== undefined) chars(3000)(view.private_metadata, '/view/private_metadata', report)
  for (const key of ['callback_id', 'external_id']) {
    if (view[key] !== undefined) chars(255)(view[key], `/view/${key}`, report)
  }
  problems.push(...checkBlocks(view.blocks, view.type === 'home' ? 'home' : 'modal', '/view/blocks'))
  return problems.length > 0 ? { error: 'invalid_arguments', messages: problems } : undefined
}

function hasInput(view: Fields): boolean {
  return Array.isArray(view.blocks) && view.blocks.some((block) => isFields(block) && block.type === 'input')
}
