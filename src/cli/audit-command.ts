import { createWriteStream } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { Readable, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Command, Option } from 'commander'
import { evidenceOf } from '../audit/evidence.ts'
import { csvRow, csvWriter, entriesOf, jsonLine } from '../audit/export.ts'
import { verifyAudit } from '../audit/verify.ts'
import { collectEvidence } from './collect-evidence.ts'
import { type Exit, exits, type Io } from './io.ts'
import { keysFor, sealsIn, withAudit } from './open-audit.ts'
import { readMoment } from './read-moment.ts'
import { tellVerdict } from './tell-verdict.ts'

/** `drawbridge audit …`. `done` is told the exit code when it is not 0. */
export function auditCommand(io: Io, done: (exit: Exit) => void): Command {
  const audit = new Command('audit').description('Check and read the audit.')
  audit.addCommand(verify(io, done)).addCommand(exporting(io)).addCommand(evidence(io, done))
  for (const each of audit.commands) {
    each.option('--config <file>', 'another configuration file than drawbridge.yaml')
  }
  return audit
}

const keyOption = () =>
  new Option(
    '--key <file...>',
    'a public key (PEM) that seals may be signed with, besides the key that is set',
  ).default([])

function verify(io: Io, done: (exit: Exit) => void): Command {
  type Options = { config?: string; key: string[]; seals?: string }
  return new Command('verify')
    .description(
      'Find every entry that is changed, missing or out of its place. Exit code 0: none, 1: some, 2: not looked.',
    )
    .addOption(keyOption())
    .option('--seals <file>', 'lines of the log: their seals show whether the end was cut, or all of it replaced')
    .action(async ({ key, seals, ...where }: Options) => {
      const verdict = await withAudit({ ...io, ...where }, async ({ audit, place }) =>
        verifyAudit(audit, {
          keys: await keysFor(place, key),
          seals: seals === undefined ? [] : await sealsIn(resolve(io.folder, seals)),
        }),
      )
      for (const line of tellVerdict(verdict, seals !== undefined)) io.out.write(`${line}\n`)
      if (verdict.problems.length > 0) done(exits.found)
    })
}

function exporting(io: Io): Command {
  type Options = { config?: string; since?: string; until?: string; transfer?: string; format: string; output?: string }
  return new Command('export')
    .description('Write entries as lines of JSON or as CSV, oldest first.')
    .option('--since <moment>', 'a time ago (30d) or a date (2026-11-01)')
    .option('--until <moment>', 'the end, not included')
    .option('--transfer <id>', 'only what is about one transfer')
    .addOption(new Option('--format <format>').choices(['jsonl', 'csv']).default('jsonl'))
    .option('--output <file>', 'a file instead of standard output')
    .action(async ({ since, until, transfer, format, output, ...where }: Options) => {
      const now = io.now()
      const filter = {
        since: since === undefined ? 0 : readMoment(since, now),
        until: until === undefined ? Number.POSITIVE_INFINITY : readMoment(until, now),
        ...(transfer === undefined ? {} : { transfer }),
      }
      await withAudit({ ...io, ...where }, async ({ audit }) => {
        const entries = Readable.from(entriesOf(audit, filter))
        const target = output === undefined ? io.out : createWriteStream(resolve(io.folder, output), { mode: 0o600 })
        if (format === 'csv') await pipeline(entries.map(csvRow), csvWriter(), target, endOf(target, io))
        else await pipeline(entries.map(jsonLine), target, endOf(target, io))
      })
    })
}

function evidence(io: Io, done: (exit: Exit) => void): Command {
  type Options = { config?: string; key: string[]; output?: string }
  return new Command('evidence')
    .description(
      'Write everything about one transfer as one JSON value: who asked, what was shown, who decided, what Azure did.',
    )
    .argument('<transfer>', 'the id of the transfer')
    .addOption(keyOption())
    .option('--output <file>', 'a file instead of standard output')
    .action(async (id: string, { key, output, ...where }: Options) => {
      const source = await withAudit({ ...io, ...where }, async (open) => collectEvidence(open, id, key))
      // Somebody may have asked for it all the same: that is an entry, but no transfer.
      if (!source.stored && !source.entries.some(({ chain }) => chain === id)) {
        io.say(`There is no transfer ${id}. Check the id: audit export lists what there is.`)
        done(exits.found)
        return
      }
      const text = `${JSON.stringify(evidenceOf(source, io.now()), null, 2)}\n`
      if (output === undefined) io.out.write(text)
      else await writeFile(resolve(io.folder, output), text, { mode: 0o600 })
    })
}

/** Standard output stays open. */
function endOf(target: Writable, { out }: Io): { end: boolean } {
  return { end: target !== out }
}
