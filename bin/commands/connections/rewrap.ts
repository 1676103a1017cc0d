import { type ExitCode, exitCodes } from '../../exit-codes.ts'
import { openStore } from '../../open.ts'
import { type GlobalOptions, readSettings } from '../../settings.ts'
import { printJson, say } from '../../streams.ts'

/** Wraps the data keys of every tenant's connections by the operator's key that is in use now. */
export async function rewrap(options: GlobalOptions): Promise<ExitCode> {
  const settings = readSettings(options)
  await using store = await openStore(settings, { makesKey: false })
  const rewrapped = await store.rewrap()
  if (settings.json) printJson({ rewrapped })
  else say(`Wrapped ${rewrapped} connections by the key in use; older keys are not needed now.`)
  return exitCodes.success
}
