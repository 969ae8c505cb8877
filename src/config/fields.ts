import ms from 'ms'
import { z } from 'zod'
import { complaint, didYouMean, listed } from './wording.ts'

type RawIssue = { code?: string; input?: unknown }

/** Text of a given form; the hint says what to write. */
export const text = (pattern: RegExp, hint: string) => {
  const error = (issue: RawIssue) => complaint(issue.input, hint)
  return z.string({ error }).regex(pattern, { error, abort: true })
}

/** One of some words. */
export const choice = <const Words extends readonly [string, ...string[]]>(words: Words) =>
  z.enum(words, {
    error: ({ input }) => {
      const meant = typeof input === 'string' && words.length > 1 ? didYouMean(input, words) : ''
      return complaint(input, listed(words)).replace(' — ', `${meant} — `)
    },
  })

/** A whole number within bounds. */
export const whole = (least: number, most: number, hint: string) => {
  const error = (issue: RawIssue) => complaint(issue.input, hint)
  return z.int({ error }).min(least, { error }).max(most, { error })
}

/** A group of keys that takes no others. */
export const strict = <Shape extends z.ZodRawShape>(shape: Shape, hint: string) => {
  // The keys are not part of an issue, so they travel in its message: `tellIssues` makes the sentence.
  const known = Object.keys(shape).join(' ')
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? known : complaint(issue.input, hint)),
  })
}

/** A list with at least one member. */
export const list = <Member extends z.ZodType>(member: Member, hint: string) => {
  const error = (issue: RawIssue) => complaint(issue.input, hint)
  return z.array(member, { error }).min(1, { error })
}

/** A list that may be empty or left out. */
export const optionalList = <Member extends z.ZodType>(member: Member, hint: string) =>
  z.array(member, { error: (issue) => complaint(issue.input, hint) }).prefault([])

/** Names of a given form, each with its value; at least one. */
export const named = <Value extends z.ZodType>(key: z.ZodString, value: Value, hint: string) => {
  const error = (issue: RawIssue) => complaint(issue.input, hint)
  return z
    .record(key, value, { error })
    .refine((all) => Object.keys(all).length > 0, { error: () => `is empty — write ${hint}` })
}

/** Written with a unit (`8h`, `15m`, `30s`), read as milliseconds. */
export const duration = (fallback: string) => {
  const hint = `a time above zero with its unit, as 30s, 15m or 8h (default ${fallback})`
  return text(/^\d+(\.\d+)? ?(ms|s|m|h|d)$/, hint)
    .transform((written, context) => {
      const value = Math.round(ms(written as ms.StringValue))
      if (value > 0 && value <= ms('366d')) return value
      context.addIssue({ code: 'custom', message: complaint(written, hint) })
      return z.NEVER
    })
    .prefault(fallback)
}

/** The address of a service, without a trailing slash: https anywhere, plain http on loopback only. */
export const serviceUrl = (example: string) => {
  const hint = `an https address, as ${example} (plain http only on 127.0.0.1, localhost or [::1])`
  return z.string({ error: ({ input }) => complaint(input, hint) }).transform((written, context) => {
    const url = URL.canParse(written) ? new URL(written) : undefined
    const allowed = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url))
    if (url && allowed && !url.username && !url.password && !url.search && !url.hash) {
      return url.href.replace(/\/+$/, '')
    }
    context.addIssue({ code: 'custom', message: complaint(written, hint) })
    return z.NEVER
  })
}

const hostHint = 'host:port on loopback, as 127.0.0.1:4001'

/** `host:port` on this machine. */
export const loopbackHost = z
  .string({ error: ({ input }) => complaint(input, hostHint) })
  .transform((written, context) => {
    const url = URL.canParse(`http://${written}`) ? new URL(`http://${written}`) : undefined
    if (url && isLoopback(url) && /^[^/?#@]+:\d+$/.test(written)) return written.toLowerCase()
    context.addIssue({ code: 'custom', message: complaint(written, hostHint) })
    return z.NEVER
  })

/** Whether an address leads to this machine itself. */
export function isLoopback(url: URL): boolean {
  return url.hostname === 'localhost' || url.hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(url.hostname)
}

/** Tells each issue of a failed parse as one line or more. */
export function tellIssues(issues: readonly z.core.$ZodIssue[], tell: (path: PropertyKey[], text: string) => void) {
  for (const issue of issues) {
    if (issue.code === 'unrecognized_keys') {
      const known = issue.message.split(' ')
      for (const key of issue.keys) tell([...issue.path, key], unknownKey(key, known))
    } else if (issue.code === 'invalid_key') tell(issue.path, issue.issues[0]?.message ?? 'is not a possible name')
    else tell(issue.path, issue.message)
  }
}

function unknownKey(key: string, known: readonly string[]): string {
  const meant = didYouMean(key, known)
  const text = `is not a key of Drawbridge${meant}`
  return `${text} — ${meant ? 'correct it or take it out' : `take it out; known here: ${listed(known, 'and')}`}`
}
