import { isMadeFirst } from '../transfer/creation.ts'
import type { Plan, Request, Side, Transfer } from '../transfer/model.ts'
import type { Line } from '../transfer/text.ts'
import { wordsOf } from './operation-words.ts'
import { code } from './phrases.ts'
import { size } from './quantities.ts'
import type { Fact } from './view.ts'

/** What moves, in a few words: `Export of orders to backups`. */
export function routeTitle(request: Request): string {
  return wordsOf(request).title(request)
}

/** What moves from where to where, by the names that Azure uses. */
export function routeFacts(transfer: Transfer): readonly Fact[] {
  const { request, plan } = transfer
  const { database, storage, create, operation } = request
  const data: Line = ['database ', code(database.database), ' on server ', code(database.server)]
  const place: Line = ['container ', code(storage.container), ' of account ', code(storage.account)]
  const made =
    create && isMadeFirst(transfer)
      ? [', to be made', create.redundancy ? ` with ${create.redundancy} backup redundancy` : '']
      : []
  const what: readonly Fact[] = plan ? [{ label: 'Database', value: [describe(plan), ...made] }] : []
  const blob: Fact = { label: 'Blob', value: [code(storage.blob)] }
  if (operation === 'import') return [{ label: 'From', value: place }, blob, { label: 'To', value: data }, ...what]
  return [{ label: 'From', value: data }, ...what, { label: 'To', value: place }, blob]
}

/** Last part of a resource id, or all of it when it is no path. */
export function lastOf(id: string): string {
  return id.split('/').findLast((part) => part !== '') ?? id
}

/** A link to the server or the account in the portal of the cloud that the storage is in. */
export function portalLink({ request }: Transfer, side: Side): Line[number] {
  const resource = side === 'sql' ? request.database.id.replace(/\/databases\/[^/]*$/i, '') : request.storage.id
  const host = new Map([
    ['usgovcloudapi.net', 'portal.azure.us'],
    ['chinacloudapi.cn', 'portal.azure.cn'],
  ])
  const cloud = [...host].find(([suffix]) => request.storage.uri.includes(`.${suffix}/`))?.[1] ?? 'portal.azure.com'
  return { link: `https://${cloud}/#resource${resource}`, label: `${lastOf(resource)} in the portal` }
}

function describe({ edition, objective, maxSizeBytes, location }: Plan): string {
  const most = maxSizeBytes === undefined ? [] : [`up to ${size(maxSizeBytes)}`]
  return [edition, objective, ...most, location].filter((part) => part !== '').join(', ')
}
