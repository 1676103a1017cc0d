/** What scripts keep between calls: the dialect's `cyclr_storage_*` and `cycle_storage_*`. */
import { UsageError } from '../model/usage-error.ts'
import type { StoredValue, ValueScope, ValueTable } from './backend.ts'

/**
 * Values are text, as the dialect's authors read them (`+storage_get('page') + 1`). Every change is
 * atomic among all processes. Rejects with `UsageError` past the limits below.
 */
export type ScriptStorage = {
  list(scope: ValueScope): Promise<readonly StoredValue[]>
  get(scope: ValueScope, key: string): Promise<string | null>
  set(scope: ValueScope, key: string, value: string): Promise<void>
  /** Puts the text behind what is there; resolves to the whole. */
  append(scope: ValueScope, key: string, value: string): Promise<string>
  /** Adds to a number, 0 where there is none; resolves to the sum. A decrement adds less than 0. */
  increment(scope: ValueScope, key: string, amount: number): Promise<number>
  /** Resolves to false where there was none. */
  delete(scope: ValueScope, key: string): Promise<boolean>
  deleteAll(scope: ValueScope): Promise<void>
}

/** In UTF-16 code units, and keys of one scope: a script must not fill the store. */
export const storageLimits = { key: 128, value: 64 * 1024, keys: 10_000 } as const

export function createScriptStorage(values: ValueTable): ScriptStorage {
  const change = (scope: ValueScope, key: string, compute: Compute) =>
    changeValue(values, { scope, key, compute })
  return {
    list: (scope) => values.list(scope),
    get: (scope, key) => values.get(scope, checkedKey(key)),
    set: async (scope, key, value) => {
      await change(scope, key, () => value)
    },
    append: async (scope, key, value) =>
      (await change(scope, key, (before) => `${before ?? ''}${value}`)).after ?? '',
    increment: async (scope, key, amount) =>
      Number((await change(scope, key, (before) => sumOf(key, before, amount))).after),
    delete: async (scope, key) => (await change(scope, key, () => null)).before !== null,
    deleteAll: (scope) => values.clear(scope),
  }
}

type Compute = (before: string | null) => string | null
type Edit = { readonly scope: ValueScope; readonly key: string; readonly compute: Compute }

/** Tried again from the new value whenever another process was faster, so no change is lost. */
async function changeValue(values: ValueTable, { scope, key, compute }: Edit) {
  checkedKey(key)
  for (;;) {
    const before = await values.get(scope, key)
    const after = compute(before)
    if (after !== null && after.length > storageLimits.value) {
      throw beyond(`The value of \`${key}\` is longer than ${storageLimits.value} characters`)
    }
    if (after?.includes('\0')) throw beyond(`The value of \`${key}\` has a NUL character`)
    const adds = before === null && after !== null
    if (adds && (await values.count(scope)) >= storageLimits.keys) {
      throw beyond(`The storage of ${scope.connector} has ${storageLimits.keys} keys already`)
    }
    if (await values.swap(scope, key, { seen: before, next: after })) return { before, after }
  }
}

function sumOf(key: string, before: string | null, amount: number): string {
  const sum = Number(before ?? 0) + amount
  if (Number.isFinite(sum)) return String(sum)
  throw new UsageError('entityInvalid', `The value of \`${key}\` is no number to count with`, {
    cure: 'Set it to a number first, or count under another key',
  })
}

function checkedKey(key: string): string {
  const fits = key.length > 0 && key.length <= storageLimits.key && !key.includes('\0')
  if (fits) return key
  throw beyond(`A storage key has 1 to ${storageLimits.key} characters, none of them NUL`)
}

function beyond(message: string): UsageError {
  return new UsageError('entityInvalid', message, { cure: 'Store less, or under fewer keys' })
}
