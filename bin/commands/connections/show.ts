import { type ExitCode, exitCodes } from '../../exit-codes.ts'
import { noConnection } from '../../names.ts'
import { connectionKey, openStore } from '../../open.ts'
import { connectionReport, connectionText, credentialReport } from '../../print/connection.ts'
import { paintOut } from '../../print/paint.ts'
import { type GlobalOptions, readSettings } from '../../settings.ts'
import { print, printJson } from '../../streams.ts'

/** Throws `UsageError` where there is no connection of that name. */
export async function show(options: GlobalOptions & { readonly name: string }): Promise<ExitCode> {
  const settings = readSettings(options)
  const key = connectionKey(settings, options.name)
  await using store = await openStore(settings)
  const connection = await store.get(key)
  if (!connection) throw noConnection(options.name, await store.list(key.tenant))
  const credential = credentialReport(await store.current(key))
  if (settings.json) printJson({ ...connectionReport(connection), credential })
  else print(connectionText({ connection, credential }, paintOut))
  return exitCodes.success
}
