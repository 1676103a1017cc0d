import { UsageError } from '../../../runtime/model/usage-error.ts'
import { type ExitCode, exitCodes } from '../../exit-codes.ts'
import { noConnection } from '../../names.ts'
import { connectionKey, openStore } from '../../open.ts'
import { type GlobalOptions, readSettings } from '../../settings.ts'
import { printJson, say } from '../../streams.ts'

export type RemoveOptions = GlobalOptions & { readonly name: string; readonly yes?: boolean }

/** Throws `UsageError` where there is no such connection, or nobody to ask. */
export async function remove(options: RemoveOptions): Promise<ExitCode> {
  const { name } = options
  const settings = readSettings(options)
  const key = connectionKey(settings, name)
  await using store = await openStore(settings)
  const connection = await store.get(key)
  if (!connection) throw noConnection(name, await store.list(key.tenant))
  const sure = options.yes ?? (await isMeant(name, connection.connector))
  if (sure) await store.remove(key)
  if (settings.json) printJson({ name, removed: sure })
  else say(sure ? `Removed ${name} and its secrets.` : `${name} was left as it is.`)
  return exitCodes.success
}

async function isMeant(name: string, connector: string): Promise<boolean> {
  if (!process.stdin.isTTY) {
    throw new UsageError(
      'missingFields',
      `Removing ${name} is for good, and wants to be confirmed`,
      {
        cure: 'Add --yes.',
      },
    )
  }
  const { agree } = await import('../../prompt.ts')
  return agree(`Remove ${name}, a connection to ${connector}, with its secrets, for good?`)
}
