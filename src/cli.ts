import { run } from './cli/program.ts'

process.exitCode = await run(process.argv.slice(2), {
  folder: process.cwd(),
  out: process.stdout,
  say: (line) => process.stderr.write(`${line}\n`),
  now: Date.now,
})
