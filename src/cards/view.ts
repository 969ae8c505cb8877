import type { Line } from '../transfer/text.ts'

/** A message free of any platform: `text` is what a notification or a screen reader gets, all of it in one line. */
export type View = { text: Line; blocks: readonly Block[] }

export type Fact = { label: string; value: Line }

/** `value` comes back with a click: `<transfer id>:<digest>`. */
export type Button = { id: 'approve' | 'deny'; label: string; style: 'primary' | 'danger'; value: string }

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

/** The value of a button. */
export function buttonValue(transfer: string, digest: string): string {
  return `${transfer}:${digest}`
}

/** What a button's value says; undefined when it is not one of ours. */
export function readButtonValue(value: string): { transfer: string; digest: string } | undefined {
  const [, transfer, digest] = /^([a-z0-9]{8}):([0-9a-f]{8,64})$/.exec(value) ?? []
  return transfer === undefined || digest === undefined ? undefined : { transfer, digest }
}
