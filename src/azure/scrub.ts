/** Keeps what must never be read in a message, and takes it out of texts. */
export type Scrubber = {
  /** From now on this text is taken out of everything that is cleaned. */
  remember(secret: string): void
  /** The text on one line, without secrets, at most 600 characters long. */
  clean(text: string): string
}

/** A scrubber that knows the shapes of keys, signatures and tokens, and the secrets that it is told. */
export function createScrubber(): Scrubber {
  const known = new Set<string>()
  return {
    remember: (secret) => {
      for (const each of [secret, ...signaturesIn(secret)]) {
        if (each.length < shortest) continue
        known.delete(each)
        known.add(each)
      }
      for (const oldest of known) {
        if (known.size <= most) break
        known.delete(oldest)
      }
    },
    clean: (text) => {
      // Longest first: a secret may be part of another one.
      const spellings = [...known].flatMap(spelled).sort((a, b) => b.length - a.length)
      const safe = spellings.reduce((rest, each) => rest.replaceAll(each, hidden), text)
      return shorten(shapes.reduce((rest, [shape, instead]) => rest.replace(shape, instead), safe))
    },
  }
}

const hidden = '[hidden]'
/** Shorter ones would blot out ordinary words; Azure takes no password below 8 characters. */
const shortest = 6
const most = 500
const longest = 600

const shapes: readonly [RegExp, string][] = [
  [/\bsig=[^&\s"']+/gi, `sig=${hidden}`],
  [
    /\b(AccountKey|SharedAccessSignature|storageKey|password|pwd|client_secret)("?\s*[=:]\s*"?)[^\s;,"'[]+/gi,
    `$1$2${hidden}`,
  ],
  [/(\w*(?:password|pwd|secret|key|signature)"\s*:\s*")(?:\\.|[^"\\])+/gi, `$1${hidden}`],
  [/\bBearer\s+[\w.~+/-]{8,}=*/gi, `Bearer ${hidden}`],
  [/\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*/g, hidden],
  [/[A-Za-z0-9+/]{86}==/g, hidden],
]

/** The signature of a SAS is a secret by itself, encoded or not. */
function signaturesIn(secret: string): string[] {
  return [...secret.matchAll(/\bsig=([^&\s]+)/gi)].flatMap(([, encoded = '']) => [encoded, decoded(encoded)])
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** A secret as it may stand in a body, in JSON or in an address. */
function spelled(secret: string): string[] {
  return [...new Set([secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret.toWellFormed())])]
}

function shorten(text: string): string {
  const line = text.replace(/[\s\p{Cc}]+/gu, ' ').trim()
  return line.length <= longest ? line : `${line.slice(0, longest - 1)}…`.toWellFormed()
}
