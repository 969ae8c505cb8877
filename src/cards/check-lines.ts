import type { Plan } from '../transfer/model.ts'
import type { Check } from '../transfer/preflight.ts'
import type { Line } from '../transfer/text.ts'
import { checkLabels, checkSentence } from './check-sentences.ts'
import { count } from './quantities.ts'

/** The preflight on the card: what is wrong or could not be looked at, one line each, and how much is fine. */
export function checkLines(plan: Plan | undefined): readonly Line[] {
  const { checks } = plan ?? {}
  if (!checks) return []
  const bad = checks.filter(({ verdict }) => verdict !== 'ok')
  const fine = checks.filter(({ verdict }) => verdict === 'ok').map(({ name }) => checkLabels[name])
  return [
    ...(fine.length > 0 ? [[`✔️ ${count(fine.length, 'check')} passed: ${fine.join(', ')}.`]] : []),
    ...bad.map((check): Line => [`${icons[check.verdict]} `, ...checkSentence(check)]),
  ]
}

/** Why nothing was sent. */
export function stopLines(plan: Plan | undefined): readonly Line[] {
  const stops = plan?.checks?.filter(({ verdict }) => verdict === 'stop') ?? []
  return [...stops.map(checkSentence), ['Nothing was sent to Azure.']]
}

const icons: Readonly<Record<Check['verdict'], string>> = { ok: '✔️', warning: '⚠️', stop: '🛑' }
