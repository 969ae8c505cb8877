import { PermanentError } from '../transfer/errors.ts'

/** A SAS as Azure takes it, with its leading `?`; a `PermanentError` that shows nothing of it when it is none or has run out. */
export function usableSas(written: string, account: string, now: number): string {
  const query = written.trim().replace(/^\?/, '')
  const fields = new URLSearchParams(query)
  if (/[\s?]/.test(query) || !fields.get('sig')) {
    const message = `What is kept as the SAS of ${account} is none: it is the part of the address from ?sv= on.`
    throw new PermanentError({ code: 'SasMalformed', message })
  }
  // Without an end the SAS names a policy of its container, which only Azure knows.
  const end = Date.parse(fields.get('se') ?? '')
  if (end <= now) {
    const message = `The SAS of ${account} ran out on ${new Date(end).toISOString()}.`
    throw new PermanentError({ code: 'SasExpired', message })
  }
  return `?${query}`
}
