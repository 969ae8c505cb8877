import type { Plan, Request, Side, Transfer } from '../transfer/model.ts'
import type { Line } from '../transfer/text.ts'
import { code } from './phrases.ts'
import { size } from './quantities.ts'
import type { Fact } from './view.ts'

/** What moves, in a few words: `Export of orders to backups`. */
export function routeTitle({ database, storage }: Request): string {
  return `Export of ${database.alias} to ${storage.alias}`
}

/** What moves from where to where, by the names that Azure uses. */
export function routeFacts({ request, plan }: Transfer): readonly Fact[] {
  const { database, storage } = request
  return [
    { label: 'From', value: ['database ', code(database.database), ' on server ', code(database.server)] },
    ...(plan ? [{ label: 'Database', value: [describe(plan)] }] : []),
    { label: 'To', value: ['container ', code(storage.container), ' of account ', code(storage.account)] },
    { label: 'Blob', value: [code(storage.blob)] },
  ]
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
