/** A duration in two units at most: `42 s`, `4 min 10 s`, `2 h 5 min`, `3 d 4 h`. */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000))
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return both(Math.floor(seconds / 60), 'min', seconds % 60, 's')
  if (seconds < 86_400) return both(Math.floor(seconds / 3600), 'h', Math.floor((seconds % 3600) / 60), 'min')
  return both(Math.floor(seconds / 86_400), 'd', Math.floor((seconds % 86_400) / 3600), 'h')
}

/** A size as Azure counts it, 1,024 to the unit: `250 GB`, `1.5 TB`. */
export function size(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB', 'PB']
  const step = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, bytes)) / 10)))
  return `${Number((bytes / 1024 ** step).toFixed(1))} ${units[step] ?? 'B'}`
}

/** A size that is typed back: the largest unit without a fraction, `250GB`. */
export function wholeSize(bytes: number): string {
  const units = ['TB', 'GB', 'MB'] as const
  const unit = units.find((_, index) => bytes % 1024 ** (4 - index) === 0) ?? 'MB'
  return `${bytes / 1024 ** (4 - units.indexOf(unit))}${unit}`
}

/** Twenty cells and the number: `████████░░░░░░░░░░░░ 40 %`. */
export function progressBar(percent: number): string {
  const known = Number.isFinite(percent) ? Math.min(100, Math.max(0, percent)) : 0
  const full = Math.floor(known / 5)
  return `${'█'.repeat(full)}${'░'.repeat(20 - full)} ${Math.floor(known)} %`
}

/** `1 approval`, `2 approvals`. */
export function count(number: number, one: string): string {
  return `${number} ${one}${number === 1 ? '' : 's'}`
}

function both(many: number, unit: string, few: number, smaller: string): string {
  return few === 0 ? `${many} ${unit}` : `${many} ${unit} ${few} ${smaller}`
}
