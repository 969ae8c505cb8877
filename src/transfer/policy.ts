import type { DatabaseTarget, Millis, Person, Principal, Rule, StorageTarget, WorkingStatus } from './model.ts'

export { matchRule } from './explain.ts'

/** A storage account of the catalogue; `container` is used when the command names none. */
export type StorageEntry = Omit<StorageTarget, 'container' | 'blob' | 'uri'> & {
  container?: string
  /** Blob endpoint without a trailing slash, `https://<account>.blob.core.windows.net` in the public cloud. */
  endpoint: string
}

/** What people may name, by alias. */
export type Catalogue = { databases: readonly DatabaseTarget[]; storage: readonly StorageEntry[] }

/** How far a request may go beyond the catalogue, where a rule names the target. */
export type Reach = {
  /** Nothing outside of these is touched; lower case. */
  subscriptions: readonly string[]
  /** Those whose servers, databases, accounts and containers are listed; none: the full resource id is needed. */
  discover: readonly string[]
  /** Of the cloud, without a leading dot. */
  blobSuffix: string
  /** Short names, in lower case, of the servers that there is a login for. */
  servers: readonly string[]
}

/** One person with an account in each chat, as the configuration declares it: no account is in two of them. */
export type Declared = { name?: string; accounts: readonly Person[] }

/** Who may do what: ordered rules, first match wins, no match is a no. */
export type Policy = {
  catalogue: Catalogue
  /** Without it nothing but the catalogue can be named. */
  reach?: Reach
  rules: readonly Rule[]
  operators: readonly Principal[]
  auditors: readonly Principal[]
  people: readonly Declared[]
}

/** The longest that a transfer may stay in each working status, in milliseconds; `afterEnd`: how long left-over connections are looked at. */
export type Clocks = Readonly<Record<WorkingStatus | 'afterEnd', Millis>>

/** How often Azure is asked, in milliseconds: `running` from `least`, growing to `most`. */
export type Polls = { least: Millis; most: Millis; approval: Millis; closing: Millis }

/** Every principal that a rule gives a say to; with operators and auditors, those who may see its transfers. */
export function peopleOf(rule: Rule): readonly Principal[] {
  return [...rule.requesters.filter((each) => each !== 'anyone'), ...approversOf(rule)]
}

/** Every principal that decides in some stage of the rule. */
export function approversOf({ stages }: Pick<Rule, 'stages'>): readonly Principal[] {
  return [...new Set(stages.flatMap((stage) => stage.approvers))]
}
