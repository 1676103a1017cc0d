/** The commands for authors of connectors; `program.ts` adds them. */
import type { ExitCode } from './exit-codes.ts'
import type { Command } from './program.ts'

type Ways = {
  readonly finish: (exitCode: ExitCode) => void
  readonly example: (...lines: readonly string[]) => string
}

export function addAuthorCommands(program: Command, ways: Ways): void {
  addTypes(program, ways)
  addImport(program, ways)
}

function addTypes(program: Command, { finish, example }: Ways): void {
  program
    .command('types')
    .description('Print what scripts have, as TypeScript declarations for editors.')
    .option('-o, --out <file>', 'write them there instead')
    .addHelpText('after', example('hookline types --out connectors/hookline.d.ts'))
    .action(async (_options, self: Command) => {
      const { types } = await import('./commands/types.ts')
      finish(types(self.optsWithGlobals()))
    })
}

function addImport(program: Command, { finish, example }: Ways): void {
  program
    .command('import')
    .description('Make a connector of a definition that was exported from Cyclr.')
    .argument('<file>', 'the exported JSON; - for stdin')
    .option('--as <name>', 'what to call the connector (by the name in the file)')
    .option('--base-url <url>', 'where its API is, if the file does not say')
    .option('--replace', 'take the place of a connector of that name')
    .addHelpText('after', example('hookline import acme.json', 'hookline check acme'))
    .action(async (file: string, _options, self: Command) => {
      const { importDefinition } = await import('./commands/import.ts')
      finish(await importDefinition({ ...self.optsWithGlobals(), file }))
    })
}
