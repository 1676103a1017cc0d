/** What follows a login: who a connection is, and its end. `program.ts` adds these commands. */
import type { ExitCode } from './exit-codes.ts'
import type { Command } from './program.ts'

type Ways = {
  readonly finish: (exitCode: ExitCode) => void
  readonly example: (...lines: readonly string[]) => string
}

export function addLoginCommands(program: Command, { finish, example }: Ways): void {
  program
    .command('whoami')
    .description('Ask the vendor who a connection is, by the connector’s test call.')
    .argument('<connection>')
    .addHelpText('after', example('hookline whoami acme', 'hookline whoami acme --json'))
    .action(async (name: string, _options, command: Command) => {
      const { whoami } = await import('./commands/whoami.ts')
      finish(await whoami({ ...command.optsWithGlobals(), name }))
    })
  program
    .command('disconnect')
    .description('End a connection: revoke its tokens where the vendor can, forget its secrets.')
    .argument('<connection>')
    .option('-y, --yes', 'do not ask')
    .addHelpText('after', example('hookline disconnect acme --yes'))
    .action(async (name: string, _options, command: Command) => {
      const { disconnect } = await import('./commands/disconnect.ts')
      finish(await disconnect({ ...command.optsWithGlobals(), name }))
    })
}
