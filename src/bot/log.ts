/** Where the adapters log to; a pino logger fits. */
export type Log = Readonly<
  Record<'info' | 'warn' | 'error', (fields: Readonly<Record<string, unknown>>, message: string) => void>
>

const LONGEST = 300

/** One short line without tokens, tickets and secret addresses, whatever a library put into it. */
export function redact(text: string): string {
  return text
    .replace(/\bxox[a-z]-[\w.-]+|\bxapp-[\w.-]+|\bxwfp-[\w.-]+/g, '[token]')
    .replace(/\b(?:wss?|https?):\/\/[^\s'"<>]+/g, (url) => url.replace(/[?#].*$/, '').replace(hook, '$1[secret]'))
    .replace(/\s+/g, ' ')
    .slice(0, LONGEST)
}

/** The path of a response_url or webhook, whose end is a secret. */
const hook = /(\/(?:commands|actions|services|app)\/).*$/
