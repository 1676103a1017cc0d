/**
 * A writer in a process of its own. `node save.ts <folder> <name> <count> [tagged]` saves lists of
 * its own one after the other, and prints a line for each; `tagged`: only in place of the list that
 * it read, with that list's handlers kept.
 */
import { openAppStore, tagOf } from '../../../runtime/route/app-store.ts'
import type { ErrorHandler } from '../../../runtime/route/types.ts'

const [folder = '', name = '', count = '1', mode = ''] = process.argv.slice(2)
const store = openAppStore({ path: folder })

for (let index = 0; index < Number(count); index++) {
  const stored = store.read('support')?.errorHandlers ?? []
  const seen = tagOf(stored)
  const own: ErrorHandler = { error_types: [`${name}-${index}`], handler: { component_id: 'log' } }
  const padding = Array.from({ length: 20 }, () => ({ ...own }))
  const handlers = mode === 'tagged' ? [...stored, own] : [{}, ...padding]
  const result = await store.save({
    app: 'support',
    handlers,
    groups: null,
    ...(mode === 'tagged' ? { mayReplace: (tag: string) => tag === seen } : {}),
  })
  if (result.kind === 'conflict') index--
  process.stdout.write(`${result.kind}\n`)
}
