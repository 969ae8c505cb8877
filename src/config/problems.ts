/** The configuration cannot be used; `problems` holds one line each, free of secrets. */
export class ConfigError extends Error {
  readonly problems: readonly string[]
  constructor(problems: readonly string[]) {
    const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`
    super([`The configuration cannot be used (${count}):`, ...problems.map((line) => `  ${line}`)].join('\n'))
    this.name = 'ConfigError'
    this.problems = problems
  }
}

/** Where a problem is: keys and indexes from the root of the file, or the name of an environment variable alone. */
export type Path = readonly PropertyKey[]

/** Collects what is wrong, so that all of it can be told at once. */
export type Problems = {
  add(path: Path, text: string): void
  /** Throws a `ConfigError` when there is any problem; occurrences of the given secrets are blotted out. */
  throwIfAny(secrets: readonly string[]): void
}

/** A new collection; `labels` names the paths that were set by an environment variable. */
export function collectProblems(labels: ReadonlyMap<string, string>): Problems {
  const lines = new Set<string>()
  return {
    add: (path, text) => lines.add(`${label(path, labels)}: ${text}`),
    throwIfAny(secrets) {
      if (lines.size > 0) throw new ConfigError([...lines].map((line) => blot(line, secrets)))
    },
  }
}

/** A path as people write it: `rules[0].stages[0].need`. */
export function pathText(path: Path): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`
    const name = String(key)
    if (text === '') return name
    return /^[\w-]+$/.test(name) ? `${text}.${name}` : `${text}[${JSON.stringify(name)}]`
  }, '')
}

function label(path: Path, labels: ReadonlyMap<string, string>): string {
  for (let length = path.length; length > 0; length -= 1) {
    const variable = labels.get(pathText(path.slice(0, length)))
    if (variable) return variable
  }
  return pathText(path)
}

/** The messages avoid secrets by themselves; this is for one that was written where it does not belong. */
function blot(line: string, secrets: readonly string[]): string {
  return secrets.filter((secret) => secret.length >= 6).reduce((text, secret) => text.replaceAll(secret, '***'), line)
}
