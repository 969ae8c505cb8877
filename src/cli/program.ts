import { Command, CommanderError } from 'commander'
import { auditCommand } from './audit-command.ts'
import { type Exit, exits, type Io } from './io.ts'

/** Runs one command of `drawbridge` and answers its exit code. Never throws. */
export async function run(args: readonly string[], io: Io): Promise<Exit> {
  let exit: Exit = exits.good
  const program = new Command('drawbridge').description('Work on an installation of Drawbridge.').exitOverride()
  program.configureOutput({ writeOut: (text) => io.out.write(text), writeErr: (text) => io.say(text.trimEnd()) })
  program.addCommand(
    auditCommand(io, (code) => {
      exit = code
    }),
  )
  try {
    await program.parseAsync([...args], { from: 'user' })
    return exit
  } catch (error) {
    // The library has said what is wrong with the words; asking for help is no mistake.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exits.good : exits.failed
    io.say(error instanceof Error ? error.message : String(error))
    return exits.failed
  }
}
