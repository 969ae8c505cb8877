import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { appPackage } from './app-package.ts'
import { manifestProblems } from './check-manifest.ts'
import { fillManifest } from './fill-manifest.ts'
import { readWish, usage } from './read-wish.ts'

/** Writes the app package that the arguments ask for; answers where it is, or what is wrong and nothing is written. */
function build(args: readonly string[]): { file: string } | { problems: readonly string[] } {
  const asked = readWish(args)
  if ('problems' in asked) return { problems: [...asked.problems, `The whole command: ${usage}`] }
  const manifest = fillManifest(asked.wish)
  const problems = manifestProblems(manifest)
  if (problems.length > 0) return { problems }
  const file = resolve(asked.out)
  // Redis keeps its data in the default folder too, and creates it as private as this.
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  writeFileSync(file, appPackage(manifest))
  return { file }
}

function tried(args: readonly string[]): ReturnType<typeof build> {
  try {
    return build(args)
  } catch (error) {
    return { problems: [error instanceof Error ? error.message : String(error)] }
  }
}

const built = tried(process.argv.slice(2))
if ('file' in built) {
  process.stdout.write(`${built.file}\n`)
} else {
  process.stderr.write(`The Teams package was not made.\n${built.problems.map((each) => `- ${each}\n`).join('')}`)
  process.exitCode = 1
}
