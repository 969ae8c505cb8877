import { cleanText, holdsSecret } from './clean-text.ts'
import { Refusal } from './errors.ts'
import { unquote } from './words.ts'

/** The longest reason that is kept, in characters. */
export const reasonLimit = 500

/** A reason as it is kept: one line, without the quotes around it. Throws `Refusal` when it is too long or holds a secret. */
export function readReason(text: string): string | undefined {
  if (holdsSecret(text)) throw new Refusal('secret_in_text')
  const reason = unquote(cleanText(text))
  if (reason.length > reasonLimit) {
    throw new Refusal('reason_too_long', { length: String(reason.length), most: String(reasonLimit) })
  }
  return reason === '' ? undefined : reason
}
