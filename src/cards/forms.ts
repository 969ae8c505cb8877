import type { Inline, Line } from '../transfer/text.ts'

/** The right form of each command, as help and refusals show it. */
export const forms = {
  export:
    '/export <database> to <storage>[/container[/blob]] [--blob name] [--reason "…"] [--no-private-link] [--dry-run]',
  import:
    '/import <storage>/<container>/<blob> to <database> [--create [--edition … --objective … --max-size 250GB --redundancy Local|Zone|Geo|GeoZone --collation …]] [--reason "…"] [--no-private-link] [--dry-run]',
  help: '/drawbridge help',
  status: '/drawbridge status <id>',
  pending: '/drawbridge pending',
  why: '/drawbridge why <id>',
  list: '/drawbridge list',
  listOf: '/drawbridge list [pending|mine|running|failed|ended|all] [database <name>] [--since 7d]',
  history: '/drawbridge history <database>',
  retry: '/drawbridge retry <id>',
  cancel: '/drawbridge cancel <id> [reason]',
  withdraw: '/drawbridge withdraw <id> [reason]',
  settle: '/drawbridge settle <id> running <operation id>',
  settleNot: '/drawbridge settle <id> not-running',
} as const

/** An export that most people can copy and change. */
export const example = '/export orders to backups --reason "monthly audit"'

/** Both forms of `settle` for one transfer. */
export function settleLine(id: string): Line {
  const of = (form: string): Inline => ({ code: form.replace('<id>', id) })
  return [of(forms.settle), ' or ', of(forms.settleNot), '.']
}

/** The form of a verb that arrives as text. */
export function formOf(verb: string): string {
  return Object.entries(forms).find(([each]) => each === verb)?.[1] ?? forms.help
}
