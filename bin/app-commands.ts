/** The commands around error rules, error handlers and the server; `program.ts` adds them. */
import type { ExitCode } from './exit-codes.ts'
import type { Command } from './program.ts'

type Finish = (exitCode: ExitCode) => void

type Ways = {
  readonly finish: Finish
  readonly collect: (word: string, words?: readonly string[]) => readonly string[]
  readonly wholeNumber: (text: string) => number
  readonly example: (...lines: readonly string[]) => string
}

export function addAppCommands(program: Command, ways: Ways): void {
  addRules(program, ways)
  addRoute(program, ways)
  addServe(program, ways)
}

function addRules(program: Command, { finish, example }: Ways): void {
  program
    .command('rules')
    .description('Try the error rules of connectors.')
    .addHelpText('after', example('hookline rules test slack chat.post response.json'))
    .command('test')
    .description('Hold a response against the rules of a method: which one matches, and why.')
    .argument('<connector>', 'name, or name@version')
    .argument('<method>')
    .argument(
      '<response>',
      'a JSON file: { "status": 200, "headers": {}, "content": … }; - for stdin',
    )
    .addHelpText('after', example('hookline rules test slack chat.post response.json'))
    .action(
      async (connector: string, method: string, response: string, _options, self: Command) => {
        const { testRules } = await import('./commands/rules.ts')
        finish(await testRules({ ...self.optsWithGlobals(), connector, method, response }))
      },
    )
}

function addRoute(program: Command, { finish, example }: Ways): void {
  const command = program
    .command('route')
    .description('Explain which error handler of an app takes an error. Runs nothing.')
    .argument('[app]', 'may be left out where there is only one')
    .requiredOption('--type <name>', 'of the error: Timeout, HttpError, InvalidCredential, …')
    .requiredOption('--source <name>', 'where it comes from: connector.method, or the step’s name')
  addApps(command)
    .addHelpText(
      'after',
      example('hookline route support --type Timeout --source crm.contacts.get'),
    )
    .action(async (app: string | undefined, _options, self: Command) => {
      const { explainRoute } = await import('./commands/route.ts')
      const named = app === undefined ? {} : { app }
      finish(explainRoute({ ...self.optsWithGlobals(), ...named }))
    })
}

function addServe(program: Command, { finish, collect, wholeNumber, example }: Ways): void {
  const command = program
    .command('serve')
    .description('Serve calls and error handlers over HTTP, on this machine unless told otherwise.')
    .option('--host <address>', 'what to listen on (127.0.0.1)')
    .option('--port <n>', '0 for any free one (8787)', wholeNumber)
    .option('--allow-host <name>', 'a name it may be called by, or name:port; repeatable', collect)
  addApps(command)
    .addOption(
      command
        .createOption('--tokens <file>', 'who may call: hashes of tokens')
        .env('HOOKLINE_TOKENS'),
    )
    .addOption(
      command
        .createOption('--central-auth <url>', 'let users of a CentralAuth server in instead')
        .env('HOOKLINE_CENTRALAUTH_URL'),
    )
    .addHelpText('after', tokensHelp + example('hookline serve --apps ./apps --tokens tokens.yaml'))
    .action(async (_options, self: Command) => {
      const { serve } = await import('./commands/serve.ts')
      finish(await serve(self.optsWithGlobals()))
    })
}

function addApps(command: Command): Command {
  return command.addOption(
    command
      .createOption('--apps <folder>', 'holds <app>.yaml of each app (./apps)')
      .env('HOOKLINE_APPS'),
  )
}

const tokensHelp = `
A file of tokens has an entry for each:
  tokens:
    - sha256: 9f86d081…     # printf %s "$TOKEN" | sha256sum
      tenant: acme          # whose connections it calls with
      groups: [flowteam]    # whose apps it sees; all, if left out
      read_only: true       # may look, not change or call
      operator: true        # may read /metrics

Variables:
  HOOKLINE_WEBHOOK_SECRET   makes addresses for webhooks; 32 characters at least
  HOOKLINE_CENTRALAUTH_…    CLIENT_ID, SECRET and CALLBACK, for --central-auth
`
