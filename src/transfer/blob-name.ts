import { Refusal } from './errors.ts'
import type { Millis } from './model.ts'

/** Azure's limit: the address of the blob has fewer characters than this. */
export const uriLimit = 128

/** Throws `Refusal` (`bad_container`) unless the name is one that Azure Storage takes for a container. */
export function checkContainer(container: string): void {
  const why = containerFault(container)
  if (why) throw new Refusal('bad_container', { container: container.slice(0, 80), why })
}

/**
 * Blob name and address of an export: `<folder/><stem>-<UTC time>-<transfer id>.bacpac`. `wish` sets folder and stem;
 * else the stem is the database's name, cleaned and shortened until the address fits. Throws `Refusal` when it can't.
 */
export function nameBlob(input: {
  endpoint: string
  container: string
  database: string
  wish?: string
  id: string
  at: Millis
}): { blob: string; uri: string } {
  const { folder, stem } = readWish(input.wish ?? '')
  const base = `${input.endpoint}/${input.container}/`
  const tail = `-${stamp(input.at)}-${input.id}.bacpac`
  const room = uriLimit - 1 - base.length - folder.length - tail.length
  if (room < 1) {
    throw new Refusal('uri_too_long', {
      over: String(1 - room),
      most: String(uriLimit - 1),
      ...(folder ? { folder } : {}),
    })
  }
  if (stem.length > room)
    throw new Refusal('blob_too_long', { stem: stem.slice(0, 80), length: String(stem.length), fits: String(room) })
  const blob = `${folder}${stem || databasePart(input.database, room)}${tail}`
  return { blob, uri: base + blob }
}

/** The address of a blob that is there already. Throws `Refusal` when it is no BACPAC, or Azure's import would not take its address. */
export function checkBlob({
  endpoint,
  container,
  blob,
}: {
  endpoint: string
  container: string
  blob: string
}): string {
  if (!/\.bacpac$/i.test(blob)) throw new Refusal('not_a_bacpac', { blob: blob.slice(0, 80) })
  for (const segment of blob.split('/')) checkSegment(blob, segment)
  const uri = `${endpoint}/${container}/${blob}`
  if (uri.length < uriLimit) return uri
  throw new Refusal('uri_too_long', { length: String(uri.length), most: String(uriLimit - 1) })
}

/** `yyyyMMdd-HHmmss`, UTC. */
function stamp(at: Millis): string {
  const [date = '', time = ''] = new Date(at).toISOString().split('T')
  return `${date.replaceAll('-', '')}-${time.slice(0, 8).replaceAll(':', '')}`
}

/** Ends in `/`: a folder only. */
function readWish(wish: string): { folder: string; stem: string } {
  const blob = wish.replace(/\.bacpac$/i, '')
  if (blob === '') {
    if (wish !== '') refuseBlob(wish, 'empty')
    return { folder: '', stem: '' }
  }
  const slash = blob.lastIndexOf('/') + 1
  const segments = (blob.endsWith('/') ? blob.slice(0, -1) : blob).split('/')
  for (const segment of segments) checkSegment(wish, segment)
  return { folder: blob.slice(0, slash), stem: blob.slice(slash) }
}

// Azure forbids white space and < > * % & : \ ?; every other character outside of this set would be escaped in the
// address, and an escaped address is longer than the one that was counted and holds the forbidden %.
const forbidden = /[^A-Za-z0-9._~@()+,=-]/g

function checkSegment(wish: string, segment: string): void {
  if (segment === '') refuseBlob(wish, 'empty')
  if (segment === '.' || segment === '..') refuseBlob(wish, 'up')
  if (segment.endsWith('.')) refuseBlob(wish, 'dot')
  const bad = [...new Set(segment.match(forbidden))]
  const shown = bad.slice(0, 10).map((each) => (each.trim() === '' ? 'space' : each))
  if (bad.length > 0) refuseBlob(wish, 'characters', shown.join(' '))
}

function refuseBlob(blob: string, why: 'empty' | 'up' | 'dot' | 'characters', characters?: string): never {
  throw new Refusal('bad_blob', { blob: blob.slice(0, 80), why, ...(characters === undefined ? {} : { characters }) })
}

function databasePart(database: string, room: number): string {
  const plain = database.normalize('NFKD').replace(/\p{M}/gu, '').replace(forbidden, '-').replace(/-{2,}/g, '-')
  const trimmed = plain
    .replace(/^[-.]+/, '')
    .slice(0, room)
    .replace(/[-.]+$/, '')
  return trimmed === '' ? 'database'.slice(0, room) : trimmed
}

function containerFault(container: string): string | undefined {
  if (container.startsWith('$')) return 'system'
  if (container.length < 3 || container.length > 63) return 'length'
  if (/[^a-z0-9-]/.test(container)) return 'characters'
  if (container.includes('--')) return 'hyphens'
  return /^-|-$/.test(container) ? 'ends' : undefined
}
