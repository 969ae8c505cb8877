import canonicalize from 'canonicalize'
import { sha256 } from './entry.ts'

/** The rules and the other parts of a configuration, without secrets, as digests. */
export type ConfigurationDigest = {
  digest: string
  rules: Readonly<Record<string, string>>
  parts: Readonly<Record<string, string>>
}

/** Digests of a configuration; `parts` holds no secrets and reads the same in each role. */
export function digestConfiguration(
  rules: readonly { name: string }[],
  parts: Readonly<Record<string, unknown>>,
): ConfigurationDigest {
  const all = { ...parts, rules }
  return {
    digest: sha256(canonicalize(all) ?? ''),
    rules: Object.fromEntries(rules.map((rule) => [rule.name, short(rule)])),
    parts: Object.fromEntries(Object.entries(all).map(([name, part]) => [name, short(part)])),
  }
}

/** What differs, as facts of an entry: names of rules that are new, changed and gone, and of the other parts. */
export function configurationFacts(
  before: ConfigurationDigest | undefined,
  after: ConfigurationDigest,
): Readonly<Record<string, string>> {
  const old = before?.rules ?? {}
  const names = Object.keys(after.rules)
  const lists = {
    added: names.filter((name) => old[name] === undefined),
    changed: names.filter((name) => old[name] !== undefined && old[name] !== after.rules[name]),
    removed: Object.keys(old).filter((name) => after.rules[name] === undefined),
    parts: Object.keys(after.parts).filter((name) => before?.parts[name] !== after.parts[name]),
  }
  const told = Object.entries(lists).flatMap(([name, list]) => (list.length > 0 ? [[name, list.join(', ')]] : []))
  return { ...(before ? { from: before.digest } : {}), to: after.digest, ...Object.fromEntries(told) }
}

function short(value: unknown): string {
  return sha256(canonicalize(value) ?? '').slice(0, 32)
}
