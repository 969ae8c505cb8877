/** A time of the import/export service (`M/d/yyyy h:mm:ss tt`, always UTC) or in ISO 8601, as milliseconds since 1970. */
export function parseTime(text: string): number | undefined {
  const parts = serviceDate.exec(text.trim())
  if (!parts) return isoTime(text.trim())
  const [month, day, year, hour, minute, second] = parts.slice(1, 7).map(Number)
  if (month === undefined || day === undefined || year === undefined || hour === undefined) return undefined
  const hours = parts[7] === undefined ? hour : (hour % 12) + (parts[7].toUpperCase() === 'PM' ? 12 : 0)
  return Date.UTC(year, month - 1, day, hours, minute ?? 0, second ?? 0)
}

const serviceDate = /^(\d{1,2})\/(\d{1,2})\/(\d{4}),? (\d{1,2}):(\d{2}):(\d{2})(?:\s*([AP]M))?$/i

/** Azure leaves the zone out at times; it always means UTC. */
function isoTime(text: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}T/.test(text)) return undefined
  const time = Date.parse(/(Z|[+-]\d{2}:\d{2})$/i.test(text) ? text : `${text}Z`)
  return Number.isNaN(time) ? undefined : time
}
