/** What is looked at before anything is sent, in the order in which the card shows it. */
export const checkNames = [
  'database',
  'edition',
  'size',
  'sql_login',
  'sql_network',
  'allow_azure',
  'server_endpoint',
  'account',
  'storage_key',
  'storage_network',
  'immutability',
  'locks',
  'blob',
  'target',
  'tier',
  'busy',
  'leftovers',
  'permissions',
] as const
export type CheckName = (typeof checkNames)[number]

/** `stop`: Azure would refuse or fail, so nothing is sent. `warning`: it may, or nobody could look. */
export type CheckVerdict = 'ok' | 'warning' | 'stop'

/** One preflight check: `code` chooses its sentence and remedy, `facts` fill them. */
export type Check = { name: CheckName; verdict: CheckVerdict; code: string; facts: Readonly<Record<string, string>> }
