import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** The file in `.drawbridge/` that holds a key which nobody gave us. */
export const keyFileName = 'audit-signing-key.pem'

/** The PEM in the folder's key file; undefined when there is none. */
export async function readKeyFile(folder: string): Promise<string | undefined> {
  try {
    return await readFile(join(folder, keyFileName), 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

/** The PEM in the folder's key file, which is made when it is missing; several processes at once get the same. */
export async function makeKeyFile(folder: string): Promise<{ pem: string; made: boolean }> {
  const found = await readKeyFile(folder)
  if (found !== undefined) return { pem: found, made: false }
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const draft = join(folder, `${keyFileName}.${randomUUID()}`)
  await writeFile(draft, pem, { mode: 0o600, flag: 'wx' })
  try {
    // A link is all there at once, and only one process can make it.
    await link(draft, join(folder, keyFileName))
    return { pem, made: true }
  } catch (error) {
    const other = await readKeyFile(folder)
    if (other === undefined) throw error
    return { pem: other, made: false }
  } finally {
    await rm(draft, { force: true })
  }
}
