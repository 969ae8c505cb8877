import { run } from './cli/program.ts'

// Whoever reads only the beginning (`| head`) has what they wanted.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(0)
})

process.exitCode = await run(process.argv.slice(2), {
  folder: process.cwd(),
  out: process.stdout,
  say: (line) => process.stderr.write(`${line}\n`),
  now: Date.now,
})
