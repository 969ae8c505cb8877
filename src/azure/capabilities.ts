import type { Redundancy, Request } from '../transfer/model.ts'
import { jsonOf, record, textOf } from './answer.ts'
import { apiVersions } from './api-versions.ts'
import type { Context } from './context.ts'

/** What a subscription may make a database as in one region; `closed` says why it may make none. */
export type Offer = { region: string; editions: readonly EditionOffer[]; closed?: string }

/** An edition; without `redundancies` Azure does not say which backup storage it offers. */
export type EditionOffer = {
  name: string
  isDefault: boolean
  objectives: readonly ObjectiveOffer[]
  redundancies?: readonly Redundancy[]
}

/** A service objective with the sku that stands for it and the sizes that it takes. */
export type ObjectiveOffer = {
  name: string
  isDefault: boolean
  sku: Readonly<Record<string, unknown>>
  sizes: readonly SizeRange[]
}

/** Sizes in bytes from `least` to `most`, in steps of `step`; 0 where the ends are one. */
export type SizeRange = { least: number; most: number; step: number; isDefault: boolean }

/** Offers by subscription and region, with the time at which they were read. */
export type Offers = Map<string, { at: number; offer: Offer }>

/** What may be made in the region; read anew after an hour. */
export async function readOffer(context: Context, request: Request, region: string): Promise<Offer> {
  const { subscription } = request.database
  const key = `${subscription}/${region}`.toLowerCase()
  const known = context.offers.get(key)
  if (known && context.now() - known.at < fresh) return known.offer
  const at = `${context.home.base}/subscriptions/${encodeURIComponent(subscription)}/providers/Microsoft.Sql/locations`
  const query = `include=supportedEditions&api-version=${apiVersions.capabilities}`
  const url = `${at}/${encodeURIComponent(region)}/capabilities?${query}`
  const answer = await context.clients.send({ method: 'GET', url }).catch((error: unknown) => {
    throw context.errors.failureOf(error)
  })
  const versions = answer.status === 200 ? jsonOf(answer.text)?.supportedServerVersions : undefined
  if (!Array.isArray(versions)) throw context.errors.answerFailure(answer, 'Microsoft.Sql/locations/capabilities/read')
  const offer = toOffer(region, jsonOf(answer.text) ?? {}, versions)
  context.offers.set(key, { at: context.now(), offer })
  return offer
}

const fresh = 60 * 60_000

/** Logical servers of today are all of this version; the others are history. */
const serverVersion = '12.0'

/** Editions that no BACPAC can be imported into. */
const unusable = /^(system\d*|stretch|datawarehouse)$/i

const units: Readonly<Record<string, number>> = {
  megabytes: 2 ** 20,
  gigabytes: 2 ** 30,
  terabytes: 2 ** 40,
  petabytes: 2 ** 50,
}
const accountTypes: Readonly<Record<string, Redundancy>> = { LRS: 'Local', ZRS: 'Zone', GRS: 'Geo', GZRS: 'GeoZone' }

type Wire = Readonly<Record<string, unknown>>

function toOffer(region: string, body: Wire, versions: readonly unknown[]): Offer {
  const version = listOf(versions).find(({ name }) => name === serverVersion) ?? {}
  const shut = [body, version].find((each) => !isOffered(each))
  const editions = listOf(version.supportedEditions)
    .filter((each) => isOffered(each) && !unusable.test(textOf(each.name)))
    .map(toEdition)
    .filter(({ objectives }) => objectives.length > 0)
  if (!shut && editions.length > 0) return { region, editions }
  const refused = shut ?? listOf(version.supportedEditions).find(({ reason }) => textOf(reason) !== '')
  return { region, editions: [], closed: textOf(refused?.reason) || 'Azure offers no edition there' }
}

function toEdition(edition: Wire): EditionOffer {
  const storage = edition.supportedStorageCapabilities
  const offered = listOf(storage).filter(isOffered)
  const redundancies = offered.flatMap((each) => accountTypes[textOf(each.storageAccountType).toUpperCase()] ?? [])
  return {
    name: textOf(edition.name),
    isDefault: edition.status === 'Default',
    objectives: listOf(edition.supportedServiceLevelObjectives).filter(isOffered).map(toObjective),
    ...(Array.isArray(storage) ? { redundancies } : {}),
  }
}

function toObjective(objective: Wire): ObjectiveOffer {
  return {
    name: textOf(objective.name),
    isDefault: objective.status === 'Default',
    sku: record(objective.sku) ?? { name: textOf(objective.name) },
    sizes: listOf(objective.supportedMaxSizes).filter(isOffered).map(toSizes),
  }
}

function toSizes(range: Wire): SizeRange {
  const [least, most, step] = [range.minValue, range.maxValue, range.scaleSize].map(bytesOf)
  return { least: least ?? 0, most: most ?? 0, step: step ?? 0, isDefault: range.status === 'Default' }
}

function bytesOf(value: unknown): number {
  const { limit, unit } = record(value) ?? {}
  return typeof limit === 'number' ? limit * (units[textOf(unit).toLowerCase()] ?? 0) : 0
}

/** `Visible` is there to be seen, not to be had. */
function isOffered({ status }: Wire): boolean {
  return !/^(visible|disabled)$/i.test(textOf(status))
}

function listOf(value: unknown): readonly Wire[] {
  const all: readonly unknown[] = Array.isArray(value) ? value : []
  return all.map(record).filter((each) => each !== undefined)
}
