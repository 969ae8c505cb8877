/** A size in the largest unit that has no fraction, 1,024 to the unit: `250 GB`, `1 TB`. */
export function sizeText(bytes: number): string {
  const [unit, size] = units.find(([, each]) => bytes >= each && bytes % each === 0) ?? ['bytes', 1]
  return `${bytes / size} ${unit}`
}

const units: readonly [unit: string, bytes: number][] = [
  ['TB', 2 ** 40],
  ['GB', 2 ** 30],
  ['MB', 2 ** 20],
]
