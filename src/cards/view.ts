import type { Line } from '../transfer/text.ts'

/** A message free of any platform: `text` is what a notification or a screen reader gets, all of it in one line. */
export type View = { text: Line; blocks: readonly Block[] }

export type Fact = { label: string; value: Line }

/** What a button does; all but `approve` ask for words first. */
export type ButtonId = 'approve' | 'comment' | 'question' | 'deny' | 'withdraw'

/** `value` comes back with a click. `confirm`: it counts only once the person has said so again. */
export type Button = {
  id: ButtonId
  label: string
  style?: 'primary' | 'danger'
  value: string
  confirm?: { title: string; text: string; yes: string; no: string }
}

export type Block =
  | { kind: 'title'; text: string }
  | { kind: 'lines'; lines: readonly Line[] }
  | { kind: 'facts'; facts: readonly Fact[] }
  | { kind: 'note'; line: Line }
  | { kind: 'actions'; buttons: readonly Button[] }
  | { kind: 'divider' }

/** A block of lines, or nothing when there are none. */
export function linesBlock(lines: readonly Line[]): readonly Block[] {
  return lines.length === 0 ? [] : [{ kind: 'lines', lines }]
}

/** The value of a button: `<transfer id>:<digest>`, or the id alone for a button that is about no round. */
export function buttonValue(transfer: string, digest?: string): string {
  return digest === undefined ? transfer : `${transfer}:${digest}`
}

/** What a button's value says, the digest empty where it has none; undefined when it is not one of ours. */
export function readButtonValue(value: string): { transfer: string; digest: string } | undefined {
  const [, transfer, digest = ''] = /^([a-z0-9]{8})(?::([0-9a-f]{8,64}))?$/.exec(value) ?? []
  return transfer === undefined ? undefined : { transfer, digest }
}
