import { UsageError } from '../../../runtime/model/usage-error.ts'
import { type ExitCode, exitCodes } from '../../exit-codes.ts'
import { connectionKey, openStore } from '../../open.ts'
import { type GlobalOptions, readSettings } from '../../settings.ts'
import { printJson, say } from '../../streams.ts'

export type EraseOptions = GlobalOptions & { readonly yes?: boolean }

/** Deletes all that is stored of a tenant. Throws `UsageError` where there is nobody to ask. */
export async function erase(options: EraseOptions): Promise<ExitCode> {
  const settings = readSettings(options)
  const { tenant } = connectionKey(settings, 'all')
  await using store = await openStore(settings)
  const sure = options.yes ?? (await isMeant(tenant))
  const erased = sure ? await store.erase(tenant) : null
  if (settings.json) printJson({ tenant, erased })
  else if (erased === null) say(`${tenant} was left as it is.`)
  else say(`Erased ${tenant}: ${erased} connections, what scripts stored, and the audit.`)
  return exitCodes.success
}

async function isMeant(tenant: string): Promise<boolean> {
  if (!process.stdin.isTTY) {
    throw new UsageError('missingFields', `Erasing ${tenant} is for good, and wants confirming`, {
      cure: 'Add --yes.',
    })
  }
  const { agree } = await import('../../prompt.ts')
  return agree(`Erase the tenant ${tenant} with all its connections and their secrets, for good?`)
}
