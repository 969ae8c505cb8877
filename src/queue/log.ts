/** What the queue writes to: a pino logger fits. Fields carry ids, names and codes of errors, never their messages. */
export type Log = Readonly<
  Record<'debug' | 'info' | 'warn' | 'error', (fields: Readonly<Record<string, unknown>>, message: string) => void>
>

/** Name and code of anything that was thrown; its message may quote what must not be in a log. */
export function errorLabel(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  const code = 'code' in error && typeof error.code === 'string' ? ` ${error.code}` : ''
  return `${error.name}${code}`
}
