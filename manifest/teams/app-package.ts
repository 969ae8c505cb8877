import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { strToU8, zipSync } from 'fflate'
import type { TeamsManifest } from './fill-manifest.ts'

/** The zip that Teams takes: the manifest and both icons, the same bytes on any day and machine. */
export function appPackage(manifest: TeamsManifest): Uint8Array {
  const icon = (name: string): Uint8Array => new Uint8Array(readFileSync(join(import.meta.dirname, name)))
  const files = {
    'manifest.json': strToU8(`${JSON.stringify(manifest, undefined, 2)}\n`),
    'color.png': icon('color.png'),
    'outline.png': icon('outline.png'),
  }
  return zipSync(files, { level: 9, mtime: firstDay })
}

/** The first day that a zip can name. Local time on purpose: a zip knows no time zone. */
const firstDay = new Date(1980, 0, 1)
