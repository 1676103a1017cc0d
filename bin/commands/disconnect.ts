import { UsageError } from '../../runtime/model/usage-error.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { interruption } from '../interrupt.ts'
import { noConnection } from '../names.ts'
import { openRuntime } from '../open.ts'
import { type GlobalOptions, readSettings } from '../settings.ts'
import { oneLine, printJson, say } from '../streams.ts'

export type DisconnectOptions = GlobalOptions & { readonly name: string; readonly yes?: boolean }

/** Throws `UsageError` where there is no such connection, or nobody to ask. */
export async function disconnect(options: DisconnectOptions): Promise<ExitCode> {
  const { name } = options
  const settings = readSettings(options)
  await using runtime = await openRuntime(settings)
  const { connections } = runtime
  const ref = { tenant: settings.tenant, connection: name }
  const connection = await connections.get(ref)
  if (!connection) throw noConnection(name, await connections.list(ref.tenant))
  if (!(options.yes ?? (await isMeant(name, connection.connector)))) {
    if (settings.json) printJson({ name, disconnected: false })
    else say(`${name} was left as it is.`)
    return exitCodes.success
  }
  using interrupted = interruption()
  const { revocation, failure } = await connections.disconnect(ref, interrupted)
  if (settings.json) printJson({ name, disconnected: true, revocation, failure })
  else {
    say(`Disconnected ${name}: its secrets are gone from here.`)
    say(toldVendor[revocation])
    if (failure) say(`  ${failure.errorCode}: ${oneLine(failure.message)}`)
  }
  return exitCodes.success
}

const toldVendor = {
  revoked: 'The vendor has revoked its tokens.',
  failed: 'The vendor could not be told; revoke the access there.',
  unsupported: 'The connector names no `revocation_url`; revoke the access at the vendor.',
  nothing: 'It held no token that could be revoked.',
} as const

async function isMeant(name: string, connector: string): Promise<boolean> {
  if (!process.stdin.isTTY) {
    throw new UsageError('missingFields', `Disconnecting ${name} wants to be confirmed`, {
      cure: 'Add --yes.',
    })
  }
  const { agree } = await import('../prompt.ts')
  return agree(`Disconnect ${name}, and forget its secrets for ${connector}?`)
}
