import { UsageError } from '../../../runtime/model/usage-error.ts'
import { type ExitCode, exitCodes } from '../../exit-codes.ts'
import { connectionKey, openStore } from '../../open.ts'
import { tableText } from '../../print/table.ts'
import { type GlobalOptions, readSettings } from '../../settings.ts'
import { print, printJson, say } from '../../streams.ts'

export type AuditOptions = GlobalOptions & { readonly limit: string }

/** Prints how the latest renewals of a tenant's connections ended, newest first. */
export async function audit(options: AuditOptions): Promise<ExitCode> {
  const limit = countIn(options.limit)
  const settings = readSettings(options)
  const { tenant } = connectionKey(settings, 'all')
  await using store = await openStore(settings)
  const lines = await store.audit(tenant, limit)
  if (settings.json) printJson({ renewals: lines })
  else if (lines.length === 0) say(`No connection of ${tenant} was ever renewed.`)
  else {
    const rows = lines.map(({ at, connection, by, result, reason, inDoubt, ...line }) => [
      `${at.slice(0, 19).replace('T', ' ')} UTC`,
      connection,
      by,
      result,
      `${line.fromGeneration} → ${line.toGeneration ?? '–'}`,
      [reason, inDoubt ? 'in doubt' : null].filter((word) => word !== null).join(', '),
    ])
    print(tableText([['WHEN', 'NAME', 'BY', 'RESULT', 'GENERATION', 'WHY'], ...rows]))
  }
  return exitCodes.success
}

function countIn(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text)
  throw new UsageError('entityInvalid', `\`${text}\` is no count`, {
    cure: 'Give `--limit` a number from 1 to 999999',
  })
}
