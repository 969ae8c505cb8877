import type { Fault } from './model.ts'

/** A no that may be shown to the asker: `code` chooses the sentence, `facts` fill it. */
export class Refusal extends Error {
  readonly code: string
  readonly facts: Readonly<Record<string, string>>
  constructor(code: string, facts: Readonly<Record<string, string>> = {}) {
    super(code)
    this.name = 'Refusal'
    this.code = code
    this.facts = facts
  }
}

/** Trying again cannot help: the transfer fails now, with this fault on its card. */
export class PermanentError extends Error {
  readonly fault: Fault
  constructor(fault: Fault) {
    super(`${fault.code}: ${fault.message}`)
    this.name = 'PermanentError'
    this.fault = fault
  }
}

/** The other side could not answer now; `retryAfter` in milliseconds is its own wish, where it has one. */
export class TransientError extends Error {
  readonly fault: Fault
  readonly retryAfter: number | undefined
  constructor(fault: Fault, retryAfter?: number) {
    super(`${fault.code}: ${fault.message}`)
    this.name = 'TransientError'
    this.fault = fault
    this.retryAfter = retryAfter
  }
}
