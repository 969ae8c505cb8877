import picomatch from 'picomatch'
import type { DatabaseTarget, Millis, Person, Principal, Request, Rule, StorageTarget, WorkingStatus } from './model.ts'

/** A storage account of the catalogue; `container` is used when the command names none. */
export type StorageEntry = Omit<StorageTarget, 'container' | 'blob' | 'uri'> & {
  container?: string
  /** Blob endpoint without a trailing slash, `https://<account>.blob.core.windows.net` in the public cloud. */
  endpoint: string
}

/** What people may name, by alias. */
export type Catalogue = { databases: readonly DatabaseTarget[]; storage: readonly StorageEntry[] }

/** One person with an account in each chat, as the configuration declares it: no account is in two of them. */
export type Declared = { name?: string; accounts: readonly Person[] }

/** Who may do what: ordered rules, first match wins, no match is a no. */
export type Policy = {
  catalogue: Catalogue
  rules: readonly Rule[]
  operators: readonly Principal[]
  auditors: readonly Principal[]
  people: readonly Declared[]
}

/** The longest that a transfer may stay in each working status, in milliseconds. */
export type Clocks = Readonly<Record<WorkingStatus, Millis>>

/** How often Azure is asked, in milliseconds: `running` from `least`, growing to `most`. */
export type Polls = { least: Millis; most: Millis; approval: Millis; closing: Millis }

/** The rules that a request falls under, in order: the first one is the one that counts. */
export function matchRule(
  policy: Policy,
  request: Pick<Request, 'operation' | 'database' | 'storage'>,
): Rule | undefined {
  return policy.rules.find(({ when }) => {
    const { database, storage } = request
    return (
      (when.operation.length === 0 || when.operation.includes(request.operation)) &&
      fits(when.database, [database.alias, `${database.server}/${database.database}`]) &&
      fits(when.storage, [storage.alias, storage.account, `${storage.alias}/${storage.container}`])
    )
  })
}

/** Every principal that a rule gives a say to; with operators and auditors, those who may see its transfers. */
export function peopleOf(rule: Rule): readonly Principal[] {
  return [...rule.requesters.filter((each) => each !== 'anyone'), ...approversOf(rule)]
}

/** Every principal that decides in some stage of the rule. */
export function approversOf(rule: Rule): readonly Principal[] {
  return [...new Set(rule.stages.flatMap((stage) => stage.approvers))]
}

function fits(globs: readonly string[], names: readonly string[]): boolean {
  return globs.length === 0 || names.some((name) => picomatch.isMatch(name, [...globs], { nocase: true }))
}
