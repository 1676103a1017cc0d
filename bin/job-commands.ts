/** Commands for jobs: calls that a worker makes later. */
import type { ExitCode } from './exit-codes.ts'
import type { Command } from './program.ts'

type Words = {
  readonly finish: (exitCode: ExitCode) => void
  readonly collect: (word: string, words?: readonly string[]) => readonly string[]
  readonly wholeNumber: (text: string) => number
  readonly example: (...lines: readonly string[]) => string
}

export function addJobCommands(program: Command, words: Words): void {
  addWorker(program, words)
  addEnqueue(program, words)
  addJobs(program, words)
}

function addWorker(program: Command, { finish, collect, wholeNumber, example }: Words): void {
  program
    .command('worker')
    .description('Take jobs from the queues of a Postgres store, and make their calls.')
    .option('--concurrency <n>', 'jobs at a time (50)', wholeNumber)
    .option('--queue <name>', 'which queues to take from, in turns; repeatable (default)', collect)
    .option('--queues <names>', 'the same as a list, by commas apart')
    .option('--attempts <n>', 'how often a job may be begun (12)', wholeNumber)
    .option('--lease <ms>', 'a worker silent for so long counts as lost (15000)', wholeNumber)
    .option('--drain <ms>', 'how long SIGTERM lets begun jobs run (25000)', wholeNumber)
    .option('--keep-done <days>', 'how long outcomes of done jobs are kept (7)', wholeNumber)
    .option('--keep-dead <days>', 'how long jobs that were given up are kept (90)', wholeNumber)
    .option('--cordon <kind>', 'shared, or tenant: no two tenants share a sandbox process (shared)')
    .option('--metrics <[host:]port>', 'serve /metrics and /healthz')
    .addOption(
      program
        .createOption('--apps <folder>', 'holds <app>.yaml of each app (./apps)')
        .env('HOOKLINE_APPS'),
    )
    .addHelpText(
      'after',
      example(
        'hookline worker --store postgres://hookline@db/hookline --concurrency 100',
        'HOOKLINE_STORE=postgres://… hookline worker --queues default,bulk --metrics 9464',
      ),
    )
    .action(async (_options, command: Command) => {
      const { worker } = await import('./commands/worker.ts')
      finish(await worker(command.optsWithGlobals()))
    })
}

function addEnqueue(program: Command, { finish, collect, example }: Words): void {
  program
    .command('enqueue')
    .description('Have a worker make a call, and print the job’s id.')
    .argument('<connector>', 'name, or name@version')
    .argument('<method>')
    .option('-c, --connection <name>', 'through which connection')
    .option('-p, --parameter <key=value>', 'one input; key:=json for JSON; repeatable', collect)
    .option('--input <file>', 'a JSON object, below what -p gives; - for stdin')
    .option('--queue <name>', 'which workers take it (default)')
    .option('--idempotency-key <key>', 'a second job of that key is the first one')
    .option('--at <time>', 'not before then: ISO 8601')
    .option('--deliver-to <url>', 'POST the outcome there, signed')
    .option('--app <name>', 'whose error handlers take a failure that is final')
    .option('--source <name>', 'the step’s name, by which they select it')
    .option('--wait', 'wait for the outcome, and print it')
    .addHelpText('after', example('hookline enqueue stripe customers.create -c acme -p name=Ada'))
    .action(async (connector: string, method: string, _options, command: Command) => {
      const { enqueue } = await import('./commands/enqueue.ts')
      finish(await enqueue({ ...command.optsWithGlobals(), connector, method }))
    })
}

function addJobs(program: Command, words: Words): void {
  const { finish, collect, wholeNumber, example } = words
  const jobs = program
    .command('jobs')
    .description('List, show, run again and settle jobs; set limits; migrate.')
    .addHelpText('after', example('hookline jobs list --state dead --state doubtful'))
  jobs
    .command('list')
    .description('The jobs of the tenant, newest first.')
    .option('--state <state>', 'only those: ready, waiting, …, dead; repeatable', collect)
    .option('--limit <n>', 'how many (50)', wholeNumber)
    .option('--before <id>', 'only older ones than this job')
    .addHelpText('after', example('hookline jobs list --state dead'))
    .action(async (_options, command: Command) => {
      const { list } = await import('./commands/jobs.ts')
      finish(await list(command.optsWithGlobals()))
    })
  jobs
    .command('show')
    .description('One job, with what its latest attempt came to.')
    .argument('<id>')
    .addHelpText('after', example('hookline jobs show <id>'))
    .action(async (id: string, _options, command: Command) => {
      const { show } = await import('./commands/jobs.ts')
      finish(await show({ ...command.optsWithGlobals(), id }))
    })
  jobs
    .command('rerun')
    .description('Run again what was given up, is held, or waits.')
    .argument('<id...>')
    .addHelpText('after', example('hookline jobs rerun <id>'))
    .action(async (ids: string[], _options, command: Command) => {
      const { rerun } = await import('./commands/jobs.ts')
      finish(await rerun({ ...command.optsWithGlobals(), ids }))
    })
  jobs
    .command('settle')
    .description('End a held job as you found it to be: nothing is sent.')
    .argument('<id>')
    .requiredOption('--as <end>', 'happened, or given-up')
    .option('--note <text>', 'why, for those who look later')
    .addHelpText(
      'after',
      example("hookline jobs settle <id> --as happened --note 'seen in the CRM'"),
    )
    .action(async (id: string, _options, command: Command) => {
      const { settle } = await import('./commands/jobs.ts')
      finish(await settle({ ...command.optsWithGlobals(), id }))
    })
  addAdministration(jobs, words)
}

function addAdministration(jobs: Command, { finish, wholeNumber, example }: Words): void {
  jobs
    .command('limit')
    .description(
      'Limit a tenant, or one connection of it, over all workers. Lists without options.',
    )
    .option('-c, --connection <name>', 'one of its connections; * for each one')
    .option('--each-tenant', 'for each tenant that has no limit of its own')
    .option('--concurrency <n>', 'jobs at a time', wholeNumber)
    .option('--rate <n/ms>', 'jobs begun in any span: 100/60000')
    .option('--drop', 'take the limit away')
    .addHelpText('after', example('hookline jobs limit --tenant acme -c crm --rate 100/60000'))
    .action(async (_options, command: Command) => {
      const { limit } = await import('./commands/job-limits.ts')
      finish(await limit(command.optsWithGlobals()))
    })
  jobs
    .command('erase')
    .description('Delete all jobs and outcomes of the tenant, for good.')
    .option('-y, --yes', 'do not ask')
    .addHelpText('after', example('hookline jobs erase --tenant acme --yes'))
    .action(async (_options, command: Command) => {
      const { erase } = await import('./commands/jobs-admin.ts')
      finish(await erase(command.optsWithGlobals()))
    })
  jobs
    .command('migrate')
    .description('Bring the tables of jobs up to this version, or to another one.')
    .option('--to <n>', 'the schema to go to, up or down; 0 drops them', wholeNumber)
    .addHelpText('after', example('hookline jobs migrate'))
    .action(async (_options, command: Command) => {
      const { migrate } = await import('./commands/jobs-admin.ts')
      finish(await migrate(command.optsWithGlobals()))
    })
  jobs
    .command('webhook-key')
    .description('Print what the tenant checks the signatures of deliveries by. Keep it secret.')
    .addHelpText('after', example('hookline jobs webhook-key --tenant acme'))
    .action(async (_options, command: Command) => {
      const { printWebhookKey } = await import('./commands/jobs-admin.ts')
      finish(await printWebhookKey(command.optsWithGlobals()))
    })
}
