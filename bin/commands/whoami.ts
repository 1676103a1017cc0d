import type { Identity } from '../../runtime/index.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { interruption } from '../interrupt.ts'
import { noConnection } from '../names.ts'
import { openRuntime } from '../open.ts'
import { connectionReport } from '../print/connection.ts'
import { paintErr } from '../print/paint.ts'
import { type GlobalOptions, readSettings } from '../settings.ts'
import { oneLine, print, printJson, say } from '../streams.ts'

/**
 * Prints what the test call answers; `null`, and how the connection stands, where it fails; nothing
 * where the connector names no test call. Its tokens are kept. Throws `UsageError` where there is no connection of that name.
 */
export async function whoami(
  options: GlobalOptions & { readonly name: string },
): Promise<ExitCode> {
  const settings = readSettings(options)
  await using runtime = await openRuntime(settings)
  const ref = { tenant: settings.tenant, connection: options.name }
  const { connections } = runtime
  if (!(await connections.get(ref))) {
    throw noConnection(options.name, await connections.list(ref.tenant))
  }
  using interrupted = interruption()
  const identity = await connections.whoami(ref, interrupted)
  const { connection, user, outcome } = identity
  if (settings.json) {
    const failure = outcome?.kind === 'failure' ? outcome.failure.toJSON() : null
    printJson({ ...connectionReport(connection), user, failure })
  } else {
    // Where nobody was asked, `null` would look like an answer.
    if (identity.outcome !== null) print(JSON.stringify(user, null, 2))
    const why = reasonOf(identity)
    if (why !== null) say(`${connection.id} is ${paintErr('yellow', connection.state)}: ${why}`)
  }
  const failed = outcome !== null && outcome.kind !== 'success' && outcome.kind !== 'warning'
  return failed ? exitCodes.failure : exitCodes.success
}

function reasonOf({ outcome, connection }: Identity): string | null {
  if (outcome === null)
    return `${connection.connector} names no test call (test_call), so nobody was asked`
  if (outcome.kind === 'failure') return oneLine(outcome.failure.message)
  return outcome.kind === 'success' ? null : oneLine(outcome.message)
}
