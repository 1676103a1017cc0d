import { weakenedBy } from '../../runtime/call/weakened.ts'
import { openCatalogue } from '../../runtime/definition/catalogue.ts'
import type { Settings } from '../settings.ts'
import { type Finding, finding } from './finding.ts'

/** What the operator and the connectors have allowed on top of the usual. */
export async function diagnoseAllowances(
  settings: Pick<Settings, 'connectors' | 'allowPrivate'>,
): Promise<Finding> {
  const { allowPrivate } = settings
  const revealing = await revealingIn(settings.connectors)
  const notes = weakenedBy({ jit: false, allowPrivate, revealing })
  const detail = { allowPrivate: [...allowPrivate], revealing: [...revealing] }
  const none = notes.length === 0
  const text = none ? 'nothing beyond the usual' : 'scripts may do MORE THAN THE USUAL:'
  return finding('allowed', [none ? 'good' : 'less', text], { notes, detail })
}

/** Connectors that cannot be read reveal nothing; `check` says what is wrong with them. */
async function revealingIn(folder: string): Promise<readonly string[]> {
  const catalogue = openCatalogue(folder)
  const names = await catalogue.names().catch(() => [])
  const found = await Promise.all(names.map((name) => catalogue.find(name).catch(() => null)))
  return found.flatMap((connector) => (connector?.revealSecrets ? [connector.name] : []))
}
