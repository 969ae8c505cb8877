/** One whole RESP value at the start of a buffer: how many bytes it takes, and of which type it is. */
export type Frame = { length: number; type: string; first: string | undefined }

const aggregates = new Map([
  ['*', 1],
  ['~', 1],
  ['>', 1],
  ['%', 2],
  ['|', 2],
])

/** Reads the RESP2 or RESP3 value that begins at `start`, or answers undefined while bytes are missing. */
export function readFrame(bytes: Buffer, start: number): Frame | undefined {
  const line = readLine(bytes, start)
  if (!line) return undefined
  const type = line.text.charAt(0)
  const count = Number(line.text.slice(1))
  if ('$!='.includes(type)) return readBulk(bytes, start, line, type, count)
  const width = aggregates.get(type)
  if (width === undefined) return { length: line.end - start, type, first: line.text.slice(1) }
  let at = line.end
  let first: string | undefined
  // An attribute is a prologue: the value it describes follows and belongs to it.
  const items = Math.max(count, 0) * width + (type === '|' ? 1 : 0)
  for (let index = 0; index < items; index++) {
    const item = readFrame(bytes, at)
    if (!item) return undefined
    if (index === 0) first = item.first
    at += item.length
  }
  return { length: at - start, type, first }
}

/** Reads the client command that begins at `start` (an array of bulk strings, or an inline line) as its words. */
export function readCommand(bytes: Buffer, start: number): { length: number; words: string[] } | undefined {
  const line = readLine(bytes, start)
  if (!line) return undefined
  if (!line.text.startsWith('*')) return { length: line.end - start, words: line.text.split(' ').filter(Boolean) }
  const words: string[] = []
  let at = line.end
  for (let index = 0; index < Number(line.text.slice(1)); index++) {
    const item = readFrame(bytes, at)
    if (!item) return undefined
    words.push(item.first ?? '')
    at += item.length
  }
  return { length: at - start, words }
}

type Line = { text: string; end: number }

function readLine(bytes: Buffer, start: number): Line | undefined {
  const stop = bytes.indexOf('\r\n', start, 'latin1')
  return stop < 0 ? undefined : { text: bytes.toString('latin1', start, stop), end: stop + 2 }
}

function readBulk(bytes: Buffer, start: number, line: Line, type: string, size: number): Frame | undefined {
  if (size < 0) return { length: line.end - start, type, first: undefined }
  const end = line.end + size + 2
  return end > bytes.length
    ? undefined
    : { length: end - start, type, first: bytes.toString('utf8', line.end, end - 2) }
}
