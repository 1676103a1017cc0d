import { asTenant } from '../../../runtime/model/ids.ts'
import { type ExitCode, exitCodes } from '../../exit-codes.ts'
import { openStore } from '../../open.ts'
import { connectionReport, connectionsTable } from '../../print/connection.ts'
import { type GlobalOptions, readSettings } from '../../settings.ts'
import { print, printJson, say } from '../../streams.ts'

export async function list(options: GlobalOptions): Promise<ExitCode> {
  const settings = readSettings(options)
  await using store = await openStore(settings)
  const connections = await store.list(asTenant(settings.tenant))
  if (settings.json) printJson({ connections: connections.map(connectionReport) })
  else if (connections.length > 0) print(connectionsTable(connections))
  else say('There are no connections yet. Make one with `hookline connect <connector>`.')
  return exitCodes.success
}
