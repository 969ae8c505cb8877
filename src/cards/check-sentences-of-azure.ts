import type { SayCheck } from './check-sentences.ts'
import { code } from './phrases.ts'

/** What the checks of network, locks, jobs and permissions found. */
export const checkSentencesOfAzure = {
  unread: ({ why = '', action }) => [
    'could not be checked',
    ...(action ? [', which needs the permission ', code(action)] : []),
    `. ${why.replace(/\.?$/, '.')}`,
  ],
  entra_only: ({ server = '' }) => [
    code(server),
    ' takes Entra sign-ins alone, and the job signs in with a SQL login. Have an operator give the server another login in the configuration, or have SQL logins allowed.',
  ],
  identity_not_assigned: ({ server = '', identity = '' }) => [
    code(server),
    ' does not have the identity ',
    code(identity),
    ', with which the job signs in. Assign it to the server (Identity, user assigned), then ask again.',
  ],
  public_access_off: ({ server = '' }) => [
    code(server),
    ' takes no public connections, which a job without Private Link needs. Leave ',
    code('--no-private-link'),
    ' out.',
  ],
  outbound_blocked: ({ server = '', host = '' }) => [
    code(server),
    ' may not reach ',
    code(host),
    ': its outbound rules forbid it. Add that host to the server’s outbound firewall rules, then ask again.',
  ],
  azure_not_allowed: ({ server = '' }) => [
    code(server),
    ' has “Allow Azure services” off, which a job without Private Link needs. Leave ',
    code('--no-private-link'),
    ' out.',
  ],
  no_server_endpoint: ({ server = '' }) => [
    code(server),
    ' has no private endpoint of its own. Azure’s job makes one for its time; whoever connects otherwise is not affected.',
  ],
  storage_public_access_off: ({ account = '' }) => [
    code(account),
    ' takes no public connections, which a job without Private Link needs. Leave ',
    code('--no-private-link'),
    ' out.',
  ],
  storage_firewall: ({ account = '' }) => [
    code(account),
    ' has a firewall that lets the service not in. Leave ',
    code('--no-private-link'),
    ' out, or have the account’s default action allow it.',
  ],
  locked: ({ locks = '' }) => [
    `${locks}. Azure cannot make or remove its private endpoints under a lock. Have it removed for the time of the job, then ask again.`,
  ],
  busy: ({ kind = '', operation = '' }) => [
    `${kind} runs on this database (`,
    code(operation),
    '), and Azure takes one job at a time. Wait until it has ended, then ask again.',
  ],
  busy_unclear: ({ operation = '' }) => [
    'an operation of an unknown kind runs on this database (',
    code(operation),
    '). If it is an import or export, Azure refuses the job.',
  ],
  leftovers: ({ count = '', names = '' }) => [
    `${count} private endpoint ${count === '1' ? 'connection' : 'connections'} of earlier jobs ${count === '1' ? 'is' : 'are'} still there (`,
    code(names),
    '). Nobody approves them here; remove them under Networking in the portal.',
  ],
  missing_permissions: ({ database, server, account }) => [
    'Drawbridge’s identity seems to lack ',
    ...[database, server, account].flatMap((actions, index) =>
      actions ? [code(actions), ` on the ${['database', 'server', 'account'][index]}; `] : [],
    ),
    'grant it the role of docs/azure-role.json.',
  ],
} satisfies Readonly<Record<string, SayCheck>>
