import picomatch from 'picomatch'
import type { DatabaseTarget, StorageTarget } from './request.ts'

/** A database of the catalogue against the patterns of a rule; none match all. Patterns that begin with `/` are over resource ids. */
export function fitsDatabase(globs: readonly string[], target: DatabaseTarget): boolean {
  if (target.discovered) return namesDatabase(globs, target)
  return globs.length === 0 || fits(globs, [target.alias, `${target.server}/${target.database}`], [target.id])
}

/** The same for a storage place; `aliases` of the catalogue never stand for another account of that name. */
export function fitsStorage(
  globs: readonly string[],
  target: Pick<StorageTarget, 'alias' | 'id' | 'account' | 'container' | 'discovered'>,
  aliases: readonly string[],
): boolean {
  if (target.discovered) return namesStorage(globs, target, aliases)
  const { alias, id, account, container } = target
  return globs.length === 0 || fits(globs, [alias, account, `${alias}/${container}`], [id, `${id}/${container}`])
}

/**
 * Whether a pattern names a database that is not of the catalogue: by `server/database` or resource id, and with a letter
 * or digit in it. No pattern, `*`, `**` and patterns of what not to match name nothing.
 */
export function namesDatabase(globs: readonly string[], target: Pick<DatabaseTarget, 'id' | 'server' | 'database'>) {
  return fits(globs.filter(names), [`${target.server}/${target.database}`], [target.id])
}

/** Whether a pattern names a container that is not of the catalogue: by `account/container`, or resource id and container. */
export function namesStorage(
  globs: readonly string[],
  { id, account, container }: Pick<StorageTarget, 'id' | 'account' | 'container'>,
  aliases: readonly string[],
): boolean {
  // `backups/*` is written for the alias: an account that happens to be called so is meant by its id only.
  const plain = isAmong(aliases, account) ? [] : [`${account}/${container}`]
  return fits(globs.filter(names), plain, [id, `${id}/${container}`])
}

/** Whether a pattern could name something in this server or account; false saves the listing of it. */
export function mayNameIn(globs: readonly string[], parent: string): boolean {
  return globs.filter(names).some((glob) => /^\/|[{(][^})]*\//.test(glob) || matches(glob.replace(/\/.*$/, ''), parent))
}

function names(glob: string): boolean {
  return /[\p{L}\p{N}]/u.test(glob) && glob.includes('/') && !/!\(|\[[!^]/.test(glob)
}

/** A plain name, as of a server or container, against patterns. */
export function fitsName(globs: readonly string[], name: string): boolean {
  return globs.some((glob) => matches(glob, name))
}

/** Patterns over names never meet an id: `!(test)/**` would match every one. */
function fits(globs: readonly string[], plain: readonly string[], ids: readonly string[]): boolean {
  return globs.some((glob) => (glob.startsWith('/') ? ids : plain).some((name) => matches(glob, name)))
}

/** Resource groups may hold brackets, which a pattern reads as its own. */
function matches(glob: string, name: string): boolean {
  if (glob.toLowerCase() === name.toLowerCase()) return true
  const match = compiled.get(glob) ?? picomatch(glob, { nocase: true })
  compiled.set(glob, match)
  return match(name)
}

/** Patterns are those of the configuration; what is discovered is matched by the thousand. */
const compiled = new Map<string, (name: string) => boolean>()

function isAmong(all: readonly string[], name: string): boolean {
  return all.some((each) => each.toLowerCase() === name.toLowerCase())
}
