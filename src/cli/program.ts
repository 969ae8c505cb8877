import { Command, CommanderError } from 'commander'
import { auditCommand } from './audit-command.ts'
import { type Exit, exits, type Io } from './io.ts'

/** Runs one command of `drawbridge` and answers its exit code. Never throws. */
export async function run(args: readonly string[], io: Io): Promise<Exit> {
  let exit: Exit = exits.good
  const done = (code: Exit): void => {
    exit = code
  }
  const program = new Command('drawbridge').description('Work on an installation of Drawbridge.')
  program.addCommand(auditCommand(io, done))
  govern(program, io)
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

/** The library is not to end the process, nor to write past us: in no command below either. */
function govern(command: Command, io: Io): void {
  command.exitOverride()
  command.configureOutput({ writeOut: (text) => io.out.write(text), writeErr: (text) => io.say(text.trimEnd()) })
  for (const each of command.commands) govern(each, io)
}
