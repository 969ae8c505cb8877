import type { SayCheck } from './check-sentences.ts'
import { code } from './phrases.ts'
import { size } from './quantities.ts'
import { refusalsOfOptions } from './refusals-of-options.ts'

/** What the checks of database and storage found. */
export const checkSentencesOfData = {
  managed_instance: ({ name = '' }) => [
    code(name),
    ' is a managed instance, for which Azure has no import or export service. Use SqlPackage, or its own backup to a URL.',
  ],
  server_not_found: ({ name = '' }) => [
    'There is no server ',
    code(name),
    '. Have an operator correct the catalogue, then ask again.',
  ],
  database_not_found: ({ name = '', server = '' }) => [
    code(name),
    ' is not on the server ',
    code(server),
    '. Check whether it was renamed or deleted, then ask again.',
  ],
  database_not_online: ({ name = '', status = '' }) => [
    code(name),
    ` is ${status} and not online. Bring it online, then ask again.`,
  ],
  system_database: ({ name = '' }) => [code(name), ' is a database of the system. Name another one.'],
  data_warehouse: ({ name = '', edition = '' }) => [
    code(name),
    ` is a data warehouse (${edition}), for which the service does not work. Use its own restore points, or SqlPackage.`,
  ],
  hyperscale: ({ name = '' }) => [
    code(name),
    ' is a Hyperscale database, for which the service often fails or takes days. Use SqlPackage, or a copy in another edition.',
  ],
  size_over_limit: ({ used = '', limit = '' }) => [
    `${bytes(used)} of data: a BACPAC in blob storage is ${bytes(limit)} at most, so that it fits only if it compresses well. Use SqlPackage to a disk.`,
  ],
  size_large: ({ used = '', much = '' }) => [
    `${bytes(used)} of data: above ${bytes(much)} the service often fails for want of disk, and Microsoft advises SqlPackage.`,
  ],
  size_unknown: ({ much = '', max }) => [
    `how much data there is could not be read${max ? `; it may be up to ${bytes(max)}` : ''}. Above ${bytes(much)} Microsoft advises SqlPackage.`,
  ],
  clouds_differ: ({ server = '', storage = '' }) => [
    code(server),
    ' and ',
    code(storage),
    ' are in different Azure clouds, between which the service does not transfer. Name storage in the same cloud.',
  ],
  cloud_unclear: ({ server = '', storage = '' }) => [
    'the addresses ',
    code(server),
    ' and ',
    code(storage),
    ' do not say whether they are in the same Azure cloud. Azure refuses the job if they are not.',
  ],
  account_not_found: ({ name = '' }) => [
    'there is no storage account ',
    code(name),
    '. Have an operator correct the catalogue, then ask again.',
  ],
  container_not_found: ({ name = '', account = '' }) => [
    'the account ',
    code(account),
    ' has no container ',
    code(name),
    '. Make it, or name another one.',
  ],
  premium_account: ({ name = '', sku = '', kind = '' }) => [
    code(name),
    ` is a premium account (${sku}, ${kind}), which the service does not take. Name a standard one.`,
  ],
  account_not_ready: ({ name = '', state = '' }) => [
    code(name),
    ` is ${state}. The job may fail until the account is ready.`,
  ],
  shared_key_off: ({ account = '' }) => [
    code(account),
    ' allows no keys. Have key access allowed on it for the time of the job, then ask again.',
  ],
  immutable_account: ({ account = '' }) => [
    code(account),
    ' keeps every version immutable, which the service cannot work with. Name another account.',
  ],
  immutability_policy: ({ container = '' }) => [
    'the container ',
    code(container),
    ' has an immutability policy, which the service cannot work with. Name another container.',
  ],
  legal_hold: ({ container = '' }) => [
    'the container ',
    code(container),
    ' is under a legal hold, which the service cannot work with. Name another container.',
  ],
  immutable_container: ({ container = '' }) => [
    'the container ',
    code(container),
    ' keeps every version immutable, which the service cannot work with. Name another container.',
  ],
  blob_unseen: ({ name = '', container = '' }) => [
    'whether ',
    code(name),
    ' is in ',
    code(container),
    ' is seen by Azure’s job alone, as Drawbridge reads no data. If it is not, the import fails and nothing is changed.',
  ],
  target_not_empty: ({ database = '', count = '', tables = '' }) => [
    code(database),
    ` is not empty (${count === '1' ? '1 table' : `${count} tables`}: `,
    code(tables),
    '), and Azure imports into empty databases only. Name another one, or add ',
    code('--create'),
    ' with a name that is free.',
  ],
  target_unread: ({ database = '', why = '' }) => [
    'whether ',
    code(database),
    ` is empty could not be looked at. ${why.replace(/\.?$/, '.')} Azure refuses the import if it is not.`,
  ],
  tier_differs: ({ wished = '', edition = '', objective = '', size: most }) => [
    `the database is there already as ${[edition, objective, most].filter(Boolean).join(', ')}, and stays so: ${wished} is not applied.`,
  ],
  tier_unread: ({ why = '' }) => [
    `what the region offers could not be read. ${why.replace(/\.?$/, '.')} Azure refuses what it does not offer.`,
  ],
  ...tierStops(['region_not_possible', 'tier_not_possible', 'size_not_possible', 'redundancy_not_possible']),
} satisfies Readonly<Record<string, SayCheck>>

/** What would be refused at the plan is said in the same words. */
function tierStops(codes: readonly (keyof typeof refusalsOfOptions)[]): Readonly<Record<string, SayCheck>> {
  return Object.fromEntries(codes.map((each) => [each, (facts) => refusalsOfOptions[each](facts).flat()]))
}

function bytes(text: string): string {
  return size(Number(text))
}
