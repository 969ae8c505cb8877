import { chars, checkBlocks, isFields, text } from './check-blocks.ts'
import type { Fields } from './types.ts'

const LARGEST_VIEW = 250_000

/** What Slack answers to a modal it refuses, or undefined when the modal is fine. */
export function checkView(view: unknown): { error: string; messages: string[] } | undefined {
  const problems: string[] = []
  const report = (at: string, problem: string) => problems.push(`${problem} [json-pointer:${at}]`)
  if (!isFields(view)) return { error: 'invalid_arguments', messages: ['must be an object [json-pointer:/view]'] }
  if (JSON.stringify(view).length > LARGEST_VIEW) return { error: 'view_too_large', messages: [] }
  if (view.type !== 'modal') report('/view/type', 'must be modal')
  text(24, 'plain_text')(view.title, '/view/title', report)
  for (const key of ['submit', 'close']) {
    if (view[key] !== undefined) text(24, 'plain_text')(view[key], `/view/${key}`, report)
  }
  if (view.private_metadata !== undefined) chars(3000)(view.private_metadata, '/view/private_metadata', report)
  for (const key of ['callback_id', 'external_id']) {
    if (view[key] !== undefined) chars(255)(view[key], `/view/${key}`, report)
  }
  problems.push(...checkBlocks(view.blocks, 'modal', '/view/blocks'))
  if (view.submit === undefined && hasInput(view))
    report('/view', 'missing required field: submit (there are input blocks)')
  return problems.length > 0 ? { error: 'invalid_arguments', messages: problems } : undefined
}

function hasInput(view: Fields): boolean {
  return Array.isArray(view.blocks) && view.blocks.some((block) => isFields(block) && block.type === 'input')
}
