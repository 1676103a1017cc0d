import { Secret } from '../../runtime/model/secret.ts'
import { UsageError } from '../../runtime/model/usage-error.ts'
import { webhookKey } from '../../runtime/worker/delivery.ts'
import { migrateJobs } from '../../runtime/worker/migrate.ts'
import { openJobsDatabase } from '../../runtime/worker/open-jobs.ts'
import { jobsMigrations } from '../../runtime/worker/schema.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { openJobs } from '../open-jobs.ts'
import { type GlobalOptions, readSettings } from '../settings.ts'
import { print, printJson, say } from '../streams.ts'

export async function erase(
  options: GlobalOptions & { readonly yes?: boolean },
): Promise<ExitCode> {
  const settings = readSettings(options)
  if (!options.yes) {
    throw new UsageError('entityInvalid', `This deletes all jobs of ${settings.tenant}, for good`, {
      cure: 'Say --yes to do it.',
    })
  }
  await using opened = await openJobs(settings)
  const count = await opened.jobs.erase(settings.tenant)
  if (settings.json) printJson({ erased: count })
  else say(`${count} jobs and outcomes of ${settings.tenant} are deleted.`)
  return exitCodes.success
}

export async function migrate(
  options: GlobalOptions & { readonly to?: number },
): Promise<ExitCode> {
  const settings = readSettings(options)
  await using database = await openJobsDatabase(settings.store)
  const schema = await migrateJobs(database, options.to ?? jobsMigrations.length)
  if (settings.json) printJson(schema)
  else {
    say(`The jobs have schema ${schema.version}; workers from schema ${schema.readableBy} on work.`)
  }
  return exitCodes.success
}

export async function printWebhookKey(options: GlobalOptions): Promise<ExitCode> {
  const settings = readSettings(options)
  const secret = process.env.HOOKLINE_WEBHOOK_SECRET
  if (!secret) {
    throw new UsageError('missingFields', 'HOOKLINE_WEBHOOK_SECRET is not set', {
      cure: 'Set it to what the workers have.',
    })
  }
  const key = webhookKey(new Secret(secret), settings.tenant)
  if (settings.json) printJson({ tenant: settings.tenant, key })
  else print(key)
  return exitCodes.success
}
