import { UsageError } from '../../runtime/model/usage-error.ts'
import type { Limit, LimitScope } from '../../runtime/worker/limits.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { openJobs } from '../open-jobs.ts'
import { tableText } from '../print/table.ts'
import { type GlobalOptions, readSettings } from '../settings.ts'
import { print, printJson, say } from '../streams.ts'

type LimitOptions = GlobalOptions & {
  readonly connection?: string
  readonly eachTenant?: boolean
  readonly concurrency?: number
  readonly rate?: string
  readonly drop?: boolean
}

/** Sets, drops, or lists the limits. */
export async function limit(options: LimitOptions): Promise<ExitCode> {
  const settings = readSettings(options)
  const { connection, concurrency, rate, drop } = options
  const scope: LimitScope = {
    tenant: options.eachTenant ? '*' : settings.tenant,
    ...(connection === undefined ? {} : { connection }),
  }
  await using opened = await openJobs(settings)
  const { limits } = opened.jobs
  if (drop) await limits.drop(scope)
  else if (concurrency !== undefined || rate !== undefined) {
    await limits.set(scope, {
      ...(concurrency === undefined ? {} : { concurrency }),
      ...(rate === undefined ? {} : { rate: rateOf(rate) }),
    })
  }
  const all = await limits.list()
  if (settings.json) printJson({ limits: all })
  else if (all.length === 0) say('There are no limits.')
  else print(tableText([['tenant', 'connection', 'at a time', 'rate'], ...all.map(rowOf)]))
  return exitCodes.success
}

function rowOf({ tenant, connection = '', concurrency, rate }: LimitScope & Limit) {
  const speed = rate ? `${rate.starts} in ${rate.perMs} ms` : ''
  return [tenant, connection, concurrency === undefined ? '' : String(concurrency), speed]
}

function rateOf(text: string): NonNullable<Limit['rate']> {
  const [, starts = '', perMs = ''] = /^(\d{1,9})\/(\d{1,9})$/.exec(text) ?? []
  if (starts !== '') return { starts: Number(starts), perMs: Number(perMs) }
  throw new UsageError('entityInvalid', `\`${text}\` is no rate`, {
    cure: 'Write it as in --rate 100/60000: 100 jobs a minute.',
  })
}
