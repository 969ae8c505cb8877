import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { parseEnv } from 'node:util'
import { LineCounter, parseDocument } from 'yaml'
import type { Environment } from './environment.ts'
import { isGroup } from './salvage.ts'

/** A problem of a whole file, with the label that leads its line. */
export type SourceProblem = { label: string; text: string }

/** The variables of `.env` in the folder, if it is there, below those given. */
export function readEnvironment(
  folder: string,
  given: Environment,
  tell: (problem: SourceProblem) => void,
): Environment {
  const read = readText(join(folder, '.env'))
  if ('code' in read && read.code !== 'ENOENT') {
    tell({ label: '.env', text: `cannot be read (${read.code}) — make it readable for this user, or take it away` })
  }
  const set = Object.entries(given).filter(([, value]) => value !== undefined)
  return { ...('text' in read ? parseEnv(read.text) : {}), ...Object.fromEntries(set) }
}

/** The YAML file as plain data, or undefined when it could not be read, which was told then. */
export function readYaml(path: string, tell: (problem: SourceProblem) => void): Record<string, unknown> | undefined {
  const name = basename(path)
  const read = readText(path)
  if ('code' in read) {
    const missing = `does not exist (looked for ${path}) — copy drawbridge.example.yaml to ${name} and change it`
    const text = read.code === 'ENOENT' ? missing : `cannot be read (${read.code}) — make it readable for this user`
    tell({ label: name, text })
    return undefined
  }
  const lineCounter = new LineCounter()
  // Pretty errors would quote the line, and with it whatever is written there.
  const document = parseDocument(read.text, { lineCounter, prettyErrors: false, logLevel: 'silent' })
  const faults = [...document.errors, ...document.warnings]
  for (const fault of faults) {
    const { line, col } = lineCounter.linePos(fault.pos[0])
    const why = fault.message.replaceAll(/"(?:[^"\\]|\\.){2,}"/g, '…').trim()
    tell({ label: `${name}, line ${line}, column ${col}`, text: `${why} — correct the YAML there` })
  }
  if (faults.length > 0) return undefined
  const data: unknown = toData(document)
  if (isGroup(data)) return data
  const text =
    data === tooManyAliases
      ? 'uses aliases (*name) too often — write the values out'
      : 'holds no keys — begin with a copy of drawbridge.example.yaml'
  tell({ label: name, text })
  return undefined
}

const tooManyAliases = Symbol('too many aliases')

function toData(document: { toJS(): unknown }): unknown {
  try {
    return document.toJS()
  } catch (error) {
    // An alias without its anchor, or so many aliases that it looks like an attack.
    return error instanceof ReferenceError && /excessive alias/i.test(error.message) ? tooManyAliases : undefined
  }
}

function readText(path: string): { text: string } | { code: string } {
  try {
    return { text: readFileSync(path, 'utf8') }
  } catch (error) {
    return { code: error instanceof Error && 'code' in error ? String(error.code) : 'unknown' }
  }
}
