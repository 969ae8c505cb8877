import { PermanentError, Refusal, TransientError } from '../transfer/errors.ts'
import type { Line } from '../transfer/text.ts'
import { faultSentence } from './fault-sentence.ts'
import { code } from './phrases.ts'
import { refusalsOfClicks } from './refusals-of-clicks.ts'
import { refusalsOfFinding } from './refusals-of-finding.ts'
import { refusalsOfOptions } from './refusals-of-options.ts'
import { refusalsOfPeople, refusalsOfWorld } from './refusals-of-people.ts'
import { refusalsOfRules } from './refusals-of-rules.ts'
import { refusalsOfTargets } from './refusals-of-targets.ts'
import { type Facts, refusalsOfNames, refusalsOfText, type Say } from './refusals-of-text.ts'

const refusals = {
  ...refusalsOfText,
  ...refusalsOfOptions,
  ...refusalsOfFinding,
  ...refusalsOfNames,
  ...refusalsOfTargets,
  ...refusalsOfPeople,
  ...refusalsOfClicks,
  ...refusalsOfRules,
  ...refusalsOfWorld,
}

/** Every code of a refusal that has a sentence of its own. */
export type RefusalCode = keyof typeof refusals
export const refusalCodes: readonly string[] = Object.keys(refusals)

/** The one place where an error becomes words: what is wrong, and what to do next. Never shows an unknown error's text. */
export function sentence(error: unknown): readonly Line[] {
  if (error instanceof Refusal) return refusalSentence(error.code, error.facts)
  if (error instanceof PermanentError) return faultSentence(error.fault)
  if (error instanceof TransientError) {
    return [['The other side does not answer now (', code(error.fault.code), '). Try again in a minute.']]
  }
  return [['Something went wrong inside Drawbridge. Try again; if it happens again, tell an operator when it was.']]
}

/** The sentence of a refusal; a code without one gets a general sentence. */
export function refusalSentence(refusal: string, facts: Facts = {}): readonly Line[] {
  const all: Readonly<Record<string, Say>> = refusals
  const say = Object.hasOwn(all, refusal) ? all[refusal] : undefined
  if (say) return say(facts)
  return [['This is refused (', code(refusal), '). Ask an operator what it means here.']]
}
