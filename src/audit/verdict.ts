/** What is wrong with an audit. */
export type ProblemKind =
  /** An entry does not say what was written. */
  | 'changed'
  | 'missing'
  | 'reordered'
  /** An entry does not follow on the one before it in its chain. */
  | 'broken_chain'
  /** A chain does not end where its record says. */
  | 'wrong_head'
  | 'bad_seal'
  | 'unknown_key'
  /** Not what a seal in the log vouched for. */
  | 'not_as_sealed'

/** One thing that is wrong; `from` to `to` are the numbers that it is about. */
export type Problem = { kind: ProblemKind; from: number; to: number; at?: number; text: string }

/** Entries that a seal vouches for; times in milliseconds since 1970. */
export type Span = { from: number; to: number; fromAt: number; toAt: number }

/** What can be said of an audit. */
export type Verdict = {
  entries: number
  seals: number
  /** Taken out on purpose, by a signed statement. */
  trimmed?: { to: number; at: number }
  vouched: readonly Span[]
  /** Written since the last seal, the oldest at `fromAt`: nobody vouches for them yet. */
  unsealed?: { from: number; to: number; fromAt: number }
  problems: readonly Problem[]
}

/** The spans without any problem inside, those that follow on each other as one. */
export function joinSpans(spans: readonly Span[], problems: readonly Problem[]): readonly Span[] {
  const joined: Span[] = []
  for (const span of spans.toSorted((a, b) => a.from - b.from)) {
    if (problems.some(({ from, to }) => from <= span.to && to >= span.from)) continue
    const last = joined.at(-1)
    if (last?.to === span.from - 1) joined[joined.length - 1] = { ...last, to: span.to, toAt: span.toAt }
    else joined.push(span)
  }
  return joined
}
