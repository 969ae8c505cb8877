import type { Check } from '../transfer/preflight.ts'
import type { Line } from '../transfer/text.ts'
import { code } from './phrases.ts'

/** What a check found, and what to do about it. */
export function checkSentence({ name, code: what, facts }: Check): Line {
  return [`${name}: `, code(what), Object.values(facts).length > 0 ? ` (${Object.values(facts).join(', ')})` : '']
}
