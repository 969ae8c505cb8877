import { randomBytes, randomUUID } from 'node:crypto'

/** A new guid. */
export function guid(): string {
  return randomUUID()
}

/** So many random hexadecimal digits. */
export function hex(digits: number): string {
  return randomBytes(Math.ceil(digits / 2))
    .toString('hex')
    .slice(0, digits)
}

/** A time as the import/export service writes it: `M/d/yyyy h:mm:ss tt`, UTC. */
export function serviceDate(ms: number): string {
  const date = new Date(ms)
  const two = (value: number) => String(value).padStart(2, '0')
  const hour = date.getUTCHours()
  const day = `${date.getUTCMonth() + 1}/${date.getUTCDate()}/${date.getUTCFullYear()}`
  const time = `${hour % 12 || 12}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`
  return `${day} ${time} ${hour < 12 ? 'AM' : 'PM'}`
}

/** A time in ISO 8601 with the seven decimals of .NET. */
export function ticksDate(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '4259Z')
}

/** Whether two ARM names, ids or paths are the same, which they are without regard to case. */
export function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}

/** The property of an unknown value, or undefined. */
export function field(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined
  return (value as Record<string, unknown>)[name]
}
