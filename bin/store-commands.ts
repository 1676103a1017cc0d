/** What the operator of the store does to it, below `connections`. `program.ts` adds these commands. */
import type { ExitCode } from './exit-codes.ts'
import type { Command } from './program.ts'

type Ways = {
  readonly finish: (exitCode: ExitCode) => void
  readonly example: (...lines: readonly string[]) => string
}

export function addStoreCommands(connections: Command, { finish, example }: Ways): void {
  connections
    .command('audit')
    .description('Show how the latest renewals of the tenant’s connections ended.')
    .option('--limit <count>', 'how many, newest first', '50')
    .addHelpText('after', example('hookline connections audit --limit 10'))
    .action(async (_options, command: Command) => {
      const { audit } = await import('./commands/connections/audit.ts')
      finish(await audit(command.optsWithGlobals()))
    })
  connections
    .command('erase')
    .description('Erase the tenant: its connections, what scripts stored, its audit; for good.')
    .option('-y, --yes', 'do not ask')
    .addHelpText('after', example('hookline connections erase --tenant acme --yes'))
    .action(async (_options, command: Command) => {
      const { erase } = await import('./commands/connections/erase.ts')
      finish(await erase(command.optsWithGlobals()))
    })
  connections
    .command('rewrap')
    .description('Wrap every connection’s key by the operator’s key in use: after a change of it.')
    .addHelpText('after', example('HOOKLINE_KEY="$NEW,$OLD" hookline connections rewrap'))
    .action(async (_options, command: Command) => {
      const { rewrap } = await import('./commands/connections/rewrap.ts')
      finish(await rewrap(command.optsWithGlobals()))
    })
}
