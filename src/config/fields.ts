import ms from 'ms'
import { z } from 'zod'
import { guidForm } from './ids.ts'
import { complaint, didYouMean, listed } from './wording.ts'

type RawIssue = { code?: string; input?: unknown }

/** Text of a given form; the hint says what to write, perhaps in view of what was written. */
export const text = (pattern: RegExp, hint: string | ((written: unknown) => string)) => {
  const error = ({ input }: RawIssue) => complaint(input, typeof hint === 'string' ? hint : hint(input))
  return z.string({ error }).regex(pattern, { error, abort: true })
}

/** The id of something in Azure or Entra, read in lower case. */
export const guid = (what: string) => text(guidForm, `${what}, as 11111111-1111-1111-1111-111111111111`).toLowerCase()

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
export const duration = (fallback: string) =>
  time(`a time above zero with its unit, as 30s, 15m or 8h (default ${fallback})`).prefault(fallback)

/** The same without a value of its own. */
export const optionalDuration = (example: string) => time(`a time above zero with its unit, as 30s, 15m or ${example}`)

/** How long something is kept, read as milliseconds. */
export const keepingTime = time('a time with its unit, as 400d, or leave it out to keep everything', '36600d')

function time(hint: string, longest: ms.StringValue = '366d') {
  return text(/^\d+(\.\d+)? ?(ms|s|m|h|d)$/, hint).transform((written, context) => {
    const value = Math.round(ms(written as ms.StringValue))
    if (value > 0 && value <= ms(longest)) return value
    context.addIssue({ code: 'custom', message: complaint(written, hint) })
    return z.NEVER
  })
}

/** The address of a service, without a trailing slash: https anywhere, plain http on loopback only. */
export const serviceUrl = (example: string) =>
  address(
    (url) => url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url)),
    `an https address, as ${example} (plain http only on 127.0.0.1, localhost or [::1])`,
  )

/** The address of a service on this machine, without a trailing slash. */
export const loopbackUrl = (example: string) =>
  address(
    (url) => /^https?:$/.test(url.protocol) && isLoopback(url),
    `an address on this machine, as ${example} (127.0.0.1, localhost or [::1] only)`,
  )

const address = (allowed: (url: URL) => boolean, hint: string) =>
  z.string({ error: ({ input }) => complaint(input, hint) }).transform((written, context) => {
    const url = URL.canParse(written) ? new URL(written) : undefined
    if (url && allowed(url) && !url.username && !url.password && !url.search && !url.hash) {
      return url.href.replace(/\/+$/, '')
    }
    context.addIssue({ code: 'custom', message: complaint(written, hint) })
    return z.NEVER
  })

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

/** Whether a host to listen on is reached from this machine only. */
export function isLoopbackAddress(host: string): boolean {
  const address = `http://${host.includes(':') ? `[${host}]` : host}`
  return URL.canParse(address) && isLoopback(new URL(address))
}

/** The kind that is written in a group with several kinds, for what is told when it is none of them. */
export function kindOf(input: unknown): unknown {
  return typeof input === 'object' && input !== null && 'kind' in input ? input.kind : undefined
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
