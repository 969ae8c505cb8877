import { field, same } from './format.ts'
import type { AzureState, RequestRecord } from './types.ts'

const secretNames = ['storageKey', 'administratorLoginPassword']

/** A body without secrets, and for each secret that was in it whether it is one the sandbox accepts. */
export function redactRequest(state: AzureState, body: unknown): { body: unknown; secrets: RequestRecord['secrets'] } {
  const secrets: RequestRecord['secrets'] = {}
  const copy: unknown = structuredClone(body)
  for (const holder of [copy, field(copy, 'properties')]) {
    for (const name of secretNames) {
      const value = field(holder, name)
      if (typeof value !== 'string' || typeof holder !== 'object' || holder === null) continue
      secrets[name] = isKnown(state, name, value) ? 'right' : 'wrong'
      ;(holder as Record<string, unknown>)[name] = '[redacted]'
    }
  }
  return { body: copy, secrets }
}

/** An answer's body without storage keys, and without the value of a secret of Key Vault. */
export function redactAnswer(body: unknown): unknown {
  const keys = field(body, 'keys')
  if (typeof field(body, 'value') === 'string') return { ...(body as object), value: '[redacted]' }
  if (!Array.isArray(keys)) return body
  return { ...(body as object), keys: keys.map((key: object) => ({ ...key, value: '[redacted]' })) }
}

function isKnown(state: AzureState, name: string, value: string): boolean {
  if (name === 'administratorLoginPassword') {
    const passwords = state.servers.flatMap((each) => [
      each.administratorPassword,
      ...each.entraUsers.map(({ password }) => password),
    ])
    return passwords.includes(value)
  }
  const identity = state.servers.some((each) => each.userAssignedIdentities.some((id) => same(id, value)))
  const known = (each: AzureState['accounts'][number]) =>
    each.keys.some((key) => key.value === value) || each.signatures.includes(value)
  return identity || state.accounts.some(known)
}
