/** The small tables of the SQLite store: what scripts keep, and when methods last ran. */
import type { RunTable, ScopeSize, StoredValue, ValueScope, ValueTable } from './backend.ts'
import type { Parameters, SqliteFile } from './sqlite-file.ts'

export function valuesOver(file: SqliteFile): ValueTable {
  return {
    get: async (scope, key) => {
      const parameters = { ...columnsOf(scope), key }
      const rows = await file.run(() => file.all<StoredValue>('getValue', parameters))
      return rows[0]?.value ?? null
    },
    swap: async (scope, key, { seen, next }) => {
      const where = { ...columnsOf(scope), key }
      if (seen === next) return true
      if (seen === null) return changed(file, 'addValue', { ...where, value: next })
      if (next === null) return changed(file, 'dropValue', { ...where, seen })
      return changed(file, 'changeValue', { ...where, value: next, seen })
    },
    list: (scope) => file.run(() => file.all<StoredValue>('listValues', columnsOf(scope))),
    size: async (scope) => {
      const rows = await file.run(() => file.all<ScopeSize>('sizeOfValues', columnsOf(scope)))
      return rows[0] ?? { keys: 0, bytes: 0 }
    },
    clear: async (scope) => {
      await file.run(() => file.change('clearValues', columnsOf(scope)))
    },
  }
}

/** A column of the primary key cannot be null, and no cycle has an empty name. */
function columnsOf({ tenant, connector, cycle }: ValueScope): Parameters {
  return { tenant, connector, cycle: cycle ?? '' }
}

async function changed(
  file: SqliteFile,
  name: 'addValue' | 'changeValue' | 'dropValue',
  parameters: Parameters,
): Promise<boolean> {
  return (await file.run(() => file.change(name, parameters))) === 1
}

export function runsOver(file: SqliteFile): RunTable {
  return {
    get: async ({ tenant, id, method }) => {
      const rows = await file.run(() => file.all<{ at: string }>('getRun', { tenant, id, method }))
      return rows[0]?.at ?? null
    },
    set: async ({ tenant, id, method }, at) => {
      await file.run(() => file.change('setRun', { tenant, id, method, at }))
    },
  }
}
