import { createPrivateKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Environment } from './environment.ts'
import type { Problems } from './problems.ts'

const variable = 'AUDIT_SIGNING_KEY'
const fileVariable = 'AUDIT_SIGNING_KEY_FILE'
const how = 'a private key of Ed25519 in PEM: openssl genpkey -algorithm ed25519'

/** Tells a key for the seals of the audit that cannot be read or is of another kind. */
export function checkAuditKey(environment: Environment, folder: string, problems: Problems): void {
  const { [variable]: given, [fileVariable]: file } = environment
  if (given !== undefined && file !== undefined) {
    problems.add([fileVariable], `is set beside ${variable} — take one of the two away`)
  } else if (given !== undefined && !isKey(given)) {
    problems.add([variable], `is not a key that can sign (it is not shown) — write ${how}`)
  } else if (file !== undefined) {
    const text = read(file, folder)
    if (text === undefined) problems.add([fileVariable], 'names a file that cannot be read — correct the path')
    else if (!isKey(text)) problems.add([fileVariable], `names a file that holds no key that can sign — put in ${how}`)
  }
}

/** The key for the seals of the audit, PEM; undefined when none is given, and one is kept in `.drawbridge/`. */
export function openAuditKey(environment: Environment, folder: string): string | undefined {
  const { [variable]: given, [fileVariable]: file } = environment
  if (given !== undefined) return withLineEnds(given)
  return file === undefined ? undefined : read(file, folder)
}

function isKey(written: string): boolean {
  try {
    return createPrivateKey(withLineEnds(written)).asymmetricKeyType === 'ed25519'
  } catch {
    return false
  }
}

function read(file: string, folder: string): string | undefined {
  try {
    return readFileSync(resolve(folder, file), 'utf8')
  } catch {
    return undefined
  }
}

/** Many places where variables are set take one line only, so that `\n` is written for the end of a line. */
function withLineEnds(written: string): string {
  return written.replaceAll('\\n', '\n')
}
