/** Text as a person meant it: the platform's markup read, entities decoded, invisible characters gone, one line. */
export function cleanText(text: string): string {
  return flatten(decodeEntities(text.replace(/<([^<>]*)>/g, (_, inner: string) => markup(inner))))
}

/** One line without invisible characters, runs of white space as one space. */
export function flatten(text: string): string {
  return text.replace(invisible, '').replace(hyphens, '-').replace(spaces, ' ').trim()
}

/**
 * True when text holds a SAS, an account key, a password or a token. Such text must not be stored, logged or echoed:
 * look at the text as it arrived, because cleaning drops the address of a link.
 */
export function holdsSecret(text: string): boolean {
  const plain = decodeEntities(text).replace(invisible, '').replace(hyphens, '-')
  return [plain, percentDecoded(plain)].some((each) => secrets.some((secret) => secret.test(each)))
}

const invisible = /\u034f|[\ufe00-\ufe0f]|[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g
const hyphens = /[\u2010\u2011]/g
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const spaces = /[\s\u0000-\u001f\u007f-\u009f\u2800\u3164]+/g
const dash = '[-\u2012-\u2015\u2212]'

const secrets: readonly RegExp[] = [
  /\bsig\s*=\s*[^\s&]{8,}/i,
  /^(?=.*\bsig=)(?=.*\bsv=)/is,
  /\b(?:account|shared|storage)[ _-]?(?:access[ _-]?)?(?:key|signature)\s*[=:]\s*\S/i,
  /(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{86}(?:==|%3d%3d)/i,
  /(?:\b|_)(?:password|passwd|passphrase|pwd)["'”’]?\s*[=:]\s*\S/i,
  new RegExp(
    `(?:^|\\s)(?:${dash}\\s?){1,3}(?:[a-z]+-)*(?:password|passwd|pwd|secret|sas|sas-token|account-key|storage-key)\\b`,
    'i',
  ),
  /\bxox[a-z]-[\w-]{10,}/,
  /\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\./,
]

/** What `<…>` of a chat stands for: the label of a link, the name of a person or a place. */
function markup(inner: string): string {
  const bar = inner.indexOf('|')
  const target = bar === -1 ? inner : inner.slice(0, bar)
  const label = bar === -1 ? '' : inner.slice(bar + 1)
  if (target.startsWith('@')) return label === '' ? target : `@${label}`
  if (target.startsWith('#')) return label === '' ? target : `#${label}`
  if (target.startsWith('!')) return label === '' ? `@${target.slice(1)}` : label
  if (label !== '') return label
  return /^[a-z][a-z0-9+.-]*:/i.test(target) ? target.replace(/^mailto:/i, '') : `&lt;${inner}&gt;`
}

function decodeEntities(text: string): string {
  const plain: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', nbsp: ' ', '#39': "'" }
  return text.replace(/&(amp|lt|gt|quot|nbsp|#39);/gi, (whole, name: string) => plain[name.toLowerCase()] ?? whole)
}

function percentDecoded(text: string): string {
  return text.replace(/%([0-7][0-9a-f])/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}
