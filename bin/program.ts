/** The commander program: names, options, help. What a command does is in `commands/`, loaded late. */
import { createRequire } from 'node:module'
import { Command, InvalidArgumentError, Option } from 'commander'
import { addAppCommands } from './app-commands.ts'
import { addAuthorCommands } from './author-commands.ts'
import type { ExitCode } from './exit-codes.ts'
import { addJobCommands } from './job-commands.ts'
import { addLoginCommands } from './login-commands.ts'
import { addStoreCommands } from './store-commands.ts'

export { type Command, CommanderError } from 'commander'

type Finish = (exitCode: ExitCode) => void

/** Each command ends by `finish`, which gets its exit code. Throws `CommanderError` for wrong usage. */
export function createProgram(finish: Finish): Command {
  const program = new Command('hookline')
    .description(
      'Runs connectors: hooks around a vendor’s HTTP API, credential renewal and replay.',
    )
    .version(versionOfPackage(), '-V, --version')
    .exitOverride()
    .configureOutput({ outputError: () => {} })
    .configureHelp({ showGlobalOptions: true })
  addGlobalOptions(program)
  addRun(program, finish)
  addCheck(program, finish)
  addAuthorCommands(program, { finish, example })
  addConnect(program, finish)
  addLoginCommands(program, { finish, example })
  addConnections(program, finish)
  addAppCommands(program, { finish, collect, wholeNumber, example })
  addJobCommands(program, { finish, collect, wholeNumber, example })
  addDoctor(program, finish)
  return program.addHelpText('after', exitCodeHelp + example('hookline run stripe balance.get'))
}

function addGlobalOptions(program: Command): void {
  program
    .addOption(
      new Option('--connectors <folder>', 'holds a folder for each connector (./connectors)').env(
        'HOOKLINE_CONNECTORS',
      ),
    )
    .addOption(
      new Option('--store <file>', 'where connections are kept (~/.hookline/hookline.sqlite)').env(
        'HOOKLINE_STORE',
      ),
    )
    .addOption(new Option('--tenant <name>', 'whose connections (default)').env('HOOKLINE_TENANT'))
    .addOption(
      new Option('--allow-private <network>', 'a private network, in CIDR, to allow; repeatable')
        .argParser(collectWords)
        .env('HOOKLINE_ALLOW_PRIVATE'),
    )
    .option('--json', 'print exactly one JSON object on stdout')
}

function addRun(program: Command, finish: Finish): void {
  program
    .command('run')
    .description('Call one method of a connector, and print its answer.')
    .argument('<connector>', 'name, or name@version')
    .argument('<method>')
    .option('-c, --connection <name>', 'may be left out where there is only one')
    .option('-p, --parameter <key=value>', 'one input; key:=json for JSON; repeatable', collect)
    .option('--input <file>', 'a JSON object, below what -p gives; - for stdin')
    .option('--step <file>', 'a step’s own script')
    .option('--retries <n>', 'tries after a passing failure, where that is safe (0)', wholeNumber)
    .option('--idempotency-key <key>', 'sent where the method declares one')
    .option('--timeout <ms>', 'give up after so many milliseconds', wholeNumber)
    .option('--app <name>', 'whose error handlers take a failure')
    .option('--source <name>', 'the step’s name, by which they select it')
    .addOption(
      new Option('--apps <folder>', 'holds <app>.yaml of each app (./apps)').env('HOOKLINE_APPS'),
    )
    .option('--explain', 'tell what happened, attempt by attempt')
    .addHelpText(
      'after',
      example(
        'hookline run salesforce query -c acme -p q="SELECT Id FROM Account" --explain',
        'hookline run stripe customers.create -p name=Ada -p \'metadata:={"plan": 1}\' --json',
      ),
    )
    .action(async (connector: string, method: string, _options, command: Command) => {
      const { run } = await import('./commands/run.ts')
      finish(await run({ ...command.optsWithGlobals(), connector, method }))
    })
}

function addCheck(program: Command, finish: Finish): void {
  program
    .command('check')
    .description('Read connectors, their scripts and apps, and tell every fault. Runs nothing.')
    .argument('[connector...]', 'names, or folders; all of --connectors, and the apps, unless said')
    .addOption(
      new Option('--apps <folder>', 'holds <app>.yaml of each app (./apps)').env('HOOKLINE_APPS'),
    )
    .addHelpText('after', example('hookline check', 'hookline check ./connectors/acme'))
    .action(async (connectors: string[], _options, command: Command) => {
      const { check } = await import('./commands/check.ts')
      finish(await check({ ...command.optsWithGlobals(), only: connectors }))
    })
}

function addConnect(program: Command, finish: Finish): void {
  const command = program
    .command('connect')
    .description('Make a connection: log in, or ask for what the connector needs; then try it.')
    .argument('<connector>')
    .option('-c, --connection <name>', 'how to name it (the connector’s name)')
    .option('--env <prefix>', 'take the values from variables: ACME_KEY, ACME_CLIENT_SECRET, …')
    .option('-p, --property <name=value>', 'a value that is no secret; repeatable', collect)
    .option('--replace', 'take the place of a connection of that name')
    .option('--device', 'log in on another device, by a code')
    .option('--no-browser', 'print the address of the login, and open nothing')
    .option('--redirect-uri <url>', 'where the vendor knows us: http://127.0.0.1:<port>/<path>')
    .addHelpText(
      'after',
      example(
        'hookline connect github',
        'hookline connect stripe -c acme',
        'ACME_KEY=… hookline connect stripe -c acme --env ACME',
      ),
    )
    .action(async (connector: string, _options, self: Command) => {
      const { connect } = await import('./commands/connect.ts')
      finish(await connect({ ...self.optsWithGlobals(), connector }))
    })
  for (const name of secretOptions) {
    command.addOption(new Option(`--${name} [value]`).hideHelp().argParser(refuseSecret(name)))
  }
}

function addConnections(program: Command, finish: Finish): void {
  const connections = program
    .command('connections')
    .description('List, show, import and remove connections; see to their store.')
    .addHelpText('after', example('hookline connections list'))
  connections
    .command('list')
    .description('List the connections of the tenant.')
    .addHelpText('after', example('hookline connections list --json'))
    .action(async (_options, command: Command) => {
      const { list } = await import('./commands/connections/list.ts')
      finish(await list(command.optsWithGlobals()))
    })
  connections
    .command('show')
    .description('Show one connection: everything but its secrets.')
    .argument('<name>')
    .addHelpText('after', example('hookline connections show acme'))
    .action(async (name: string, _options, command: Command) => {
      const { show } = await import('./commands/connections/show.ts')
      finish(await show({ ...command.optsWithGlobals(), name }))
    })
  connections
    .command('remove')
    .description('Remove a connection with its secrets, for good.')
    .argument('<name>')
    .option('-y, --yes', 'do not ask')
    .addHelpText('after', example('hookline connections remove acme --yes'))
    .action(async (name: string, _options, command: Command) => {
      const { remove } = await import('./commands/connections/remove.ts')
      finish(await remove({ ...command.optsWithGlobals(), name }))
    })
  addImport(connections, finish)
  addStoreCommands(connections, { finish, example })
}

function addImport(connections: Command, finish: Finish): void {
  connections
    .command('import')
    .description('Make a connection from tokens, keys or passwords that you have already.')
    .argument('<name>')
    .requiredOption('--connector <name>', 'what the connection is to')
    .requiredOption(
      '--file <file>',
      'a JSON object; - for stdin. Its fields: access_token, refresh_token, expires_in, scope, key, username, password, properties',
    )
    .option('--replace', 'take the place of a connection of that name')
    .addHelpText(
      'after',
      example(
        'hookline connections import acme --connector salesforce --file tokens.json',
        'vault read … | hookline connections import acme --connector stripe --file -',
      ),
    )
    .action(async (name: string, _options, command: Command) => {
      const { importConnection } = await import('./commands/connections/import.ts')
      finish(await importConnection({ ...command.optsWithGlobals(), name }))
    })
}

function addDoctor(program: Command, finish: Finish): void {
  program
    .command('doctor')
    .description('Tell what this system gives: Node, sandbox, store, key, proxy.')
    .addHelpText('after', example('hookline doctor'))
    .action(async (_options, command: Command) => {
      const { doctor } = await import('./commands/doctor.ts')
      finish(await doctor(command.optsWithGlobals()))
    })
}

/** What people try, and what would stay in the history of their shell. */
const secretOptions = [
  'key',
  'api-key',
  'password',
  'secret',
  'client-secret',
  'client-key',
  'token',
  'access-token',
  'refresh-token',
] as const

function refuseSecret(name: string) {
  return () => {
    throw new InvalidArgumentError(
      `--${name} is refused: shells remember their command lines and other users can read them. Leave it out to be asked, or use --env <prefix>.`,
    )
  }
}

const exitCodeHelp = `
Exit codes:
  0 success or warning   1 failure   2 wrong usage or definition
  3 a failure that a handler took   4 stopped by a script

Settings may come from the environment: HOOKLINE_HOME (~/.hookline), HOOKLINE_KEY,
HOOKLINE_KEY_FILE, HOOKLINE_DEBUG=1, and those named above.
`

function example(...lines: readonly string[]): string {
  return `\nExample:\n${lines.map((line) => `  $ ${line}`).join('\n')}\n`
}

function collect(word: string, words: readonly string[] = []): readonly string[] {
  return [...words, word]
}

/** A variable of the environment holds several, by commas or white space apart. */
function collectWords(text: string, words: readonly string[] = []): readonly string[] {
  return [...words, ...text.split(/[\s,]+/).filter((word) => word !== '')]
}

function wholeNumber(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It must be a whole number.')
}

/** By its own name, as the compiled program lies one folder deeper than its source. */
function versionOfPackage(): string {
  const require = createRequire(import.meta.url)
  const { version } = require('hookline/package.json') as { version: string }
  return version
}
