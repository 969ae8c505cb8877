import { Refusal } from '../transfer/errors.ts'
import type { Creation } from '../transfer/model.ts'
import type { EditionOffer, ObjectiveOffer, Offer, SizeRange } from './capabilities.ts'
import { sizeText } from './size-text.ts'

/** What a database is made as; without a size Azure chooses one. */
export type Tier = {
  edition: string
  objective: string
  sku: ObjectiveOffer['sku']
  maxSizeBytes?: number
}

/** The tier that the wishes come to, the region's defaults where nothing was wished; refuses what is not offered. */
export function chooseTier(offer: Offer, wish: Creation): Tier {
  if (offer.closed) throw new Refusal('region_not_possible', { region: offer.region, reason: offer.closed })
  const edition = editionFor(offer, wish)
  const objective = objectiveIn(offer, edition, wish)
  const bytes = wish.maxSizeBytes ?? defaultSize(objective)
  checkSize(offer, edition, objective, wish)
  checkRedundancy(offer, edition, wish)
  return {
    edition: edition.name,
    objective: objective.name,
    sku: objective.sku,
    ...(bytes === undefined ? {} : { maxSizeBytes: bytes }),
  }
}

const most = 10

function editionFor(offer: Offer, { edition, objective }: Creation): EditionOffer {
  const { editions, region } = offer
  if (edition !== undefined) {
    const found = editions.find(({ name }) => isSame(name, edition))
    const possible = listed(editions.map(({ name }) => name))
    if (!found) throw new Refusal('tier_not_possible', { kind: 'edition', wished: edition, possible, region })
    return found
  }
  const wanted = objective && editions.find(({ objectives }) => objectives.some(({ name }) => isSame(name, objective)))
  return wanted || defaultOf(editions)
}

function objectiveIn({ region }: Offer, { name: edition, objectives }: EditionOffer, wish: Creation): ObjectiveOffer {
  const { objective } = wish
  if (objective === undefined) return defaultOf(objectives)
  const found = objectives.find(({ name }) => isSame(name, objective))
  if (found) return found
  const possible = listed(objectives.map(({ name }) => name))
  throw new Refusal('tier_not_possible', { kind: 'objective', wished: objective, edition, possible, region })
}

function defaultSize({ sizes }: ObjectiveOffer): number | undefined {
  return sizes.find(({ isDefault, least, most: end }) => isDefault && least === end)?.most
}

function checkSize(offer: Offer, edition: EditionOffer, objective: ObjectiveOffer, { maxSizeBytes }: Creation): void {
  const { sizes } = objective
  // Where Azure names no sizes there is nothing to hold the wish against.
  if (maxSizeBytes === undefined || sizes.length === 0 || sizes.some((each) => takes(each, maxSizeBytes))) return
  const distance = ({ least, most: end }: SizeRange): number =>
    maxSizeBytes < least ? least - maxSizeBytes : Math.max(0, maxSizeBytes - end)
  const all = [...sizes].sort((a, b) => a.least - b.least || a.most - b.most)
  const near = [...all].sort((a, b) => distance(a) - distance(b)).slice(0, most)
  const texts = all.filter((each) => near.includes(each)).map(rangeText)
  throw new Refusal('size_not_possible', {
    size: sizeText(maxSizeBytes),
    edition: edition.name,
    objective: objective.name,
    possible: `${[...new Set(texts)].join(', ')}${all.length > most ? ' …' : ''}`,
    region: offer.region,
  })
}

function takes({ least, most: end, step }: SizeRange, bytes: number): boolean {
  if (bytes < least || bytes > end) return false
  return bytes === least || bytes === end || (step > 0 && (bytes - least) % step === 0)
}

function rangeText({ least, most: end }: SizeRange): string {
  return least === end ? sizeText(end) : `${sizeText(least)} to ${sizeText(end)}`
}

function checkRedundancy({ region }: Offer, { name, redundancies }: EditionOffer, { redundancy }: Creation): void {
  if (redundancy === undefined || redundancies === undefined || redundancies.includes(redundancy)) return
  throw new Refusal('redundancy_not_possible', { redundancy, edition: name, possible: listed(redundancies), region })
}

/** The default one, or the first; offers without any are closed. */
function defaultOf<T extends { isDefault: boolean }>(all: readonly T[]): T {
  const found = all.find(({ isDefault }) => isDefault) ?? all[0]
  if (!found) throw new Error('an offer has nothing in it')
  return found
}

function listed(names: readonly string[]): string {
  return `${names.slice(0, most).join(', ')}${names.length > most ? ' …' : ''}`
}

function isSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase()
}
