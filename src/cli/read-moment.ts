import ms from 'ms'

/** A moment as people write it, in milliseconds since 1970: a time ago (`30d`) or a date (`2026-11-01`, UTC). Throws with a sentence. */
export function readMoment(written: string, now: number): number {
  if (/^\d+(\.\d+)? ?(s|m|h|d|w|y)$/.test(written)) return now - ms(written as ms.StringValue)
  const at = /^\d{4}-\d\d-\d\d/.test(written) ? Date.parse(written) : Number.NaN
  if (Number.isNaN(at))
    throw new Error(`"${written}" is no moment: write 30d, 12h, 2026-11-01 or 2026-11-01T12:00:00Z.`)
  return at
}
