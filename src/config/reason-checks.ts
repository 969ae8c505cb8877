import { mostTries, triesOf } from './pattern-cost.ts'
import type { Path, Problems } from './problems.ts'
import type { Salvaged } from './salvage.ts'
import type { File } from './schema.ts'
import { quote } from './wording.ts'

type Reason = Salvaged<NonNullable<File['rules'][number]['reason']>> | undefined

/** Tells a pattern that cannot be used, could keep the bot busy, or does not fit its own example. */
export function checkReason(reason: Reason, path: Path, problems: Problems): void {
  if (reason?.pattern === undefined) return
  const pattern = [...path, 'pattern']
  const compiled = compile(reason.pattern)
  if (typeof compiled === 'string') {
    problems.add(pattern, `is ${quote(reason.pattern)}, not a regular expression (${compiled}) — correct it`)
    return
  }
  if (triesOf(reason.pattern) > mostTries) {
    problems.add(
      pattern,
      `is ${quote(reason.pattern)}, which some reasons would keep busy for seconds — begin it with ^, use fewer of * and +, and none on a group with choices or repetitions in it`,
    )
    return
  }
  // People are shown the example, not the pattern.
  if (reason.example === undefined)
    problems.add([...path, 'example'], 'is missing — write a reason that the pattern fits')
  else if (!compiled.test(reason.example)) {
    problems.add(
      [...path, 'example'],
      `is ${quote(reason.example)}, which the pattern does not fit — correct the example or the pattern`,
    )
  }
}

function compile(pattern: string): RegExp | string {
  try {
    return new RegExp(pattern, 'u')
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/^.*: /, '') : ''
    return why === '' ? 'it cannot be read' : why.charAt(0).toLowerCase() + why.slice(1)
  }
}
