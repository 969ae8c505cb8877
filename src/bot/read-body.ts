import type { IncomingMessage } from 'node:http'

/** The JSON of a request's body, of at most `largest` bytes; else the status to answer with. */
export async function readBody(
  request: IncomingMessage,
  largest: number,
): Promise<{ json: unknown } | { status: 400 | 413 }> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of request) {
      size += (chunk as Buffer).length
      if (size > largest) return { status: 413 }
      chunks.push(chunk as Buffer)
    }
    return { json: JSON.parse(Buffer.concat(chunks).toString('utf8')) }
  } catch {
    return { status: 400 }
  }
}
