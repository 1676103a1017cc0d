import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { openStore } from '../open.ts'
import { type GlobalOptions, readSettings } from '../settings.ts'
import { printJson, say } from '../streams.ts'

/** Wraps the key of each connection by the first of the operator's keys. Others may work meanwhile. */
export async function rewrap(options: GlobalOptions): Promise<ExitCode> {
  const settings = readSettings(options)
  await using store = await openStore(settings, { makesKey: false })
  const count = await store.rewrap()
  if (settings.json) printJson({ rewrapped: count })
  else say(`${count} connections are now encrypted by the first key.`)
  return exitCodes.success
}
