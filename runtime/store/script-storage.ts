/** What scripts keep between calls: the dialect's `cyclr_storage_*` and `cycle_storage_*`. */
import type { ScriptStorage } from '../model/ports.ts'
import { UsageError } from '../model/usage-error.ts'
import type { ValueScope, ValueTable } from './backend.ts'

/**
 * A script must not fill the store, nor the memory of who lists it. `key` and `value` are in UTF-16
 * code units; `keys`, and the `bytes` of their values, are those of one scope.
 */
export const storageLimits = {
  key: 128,
  value: 64 * 1024,
  keys: 10_000,
  bytes: 4 * 1024 * 1024,
} as const

/** Rejects with `UsageError` (`entityInvalid`) past the limits above. */
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
    await checkRoom(values, scope, { before, after })
    if (await values.swap(scope, key, { seen: before, next: after })) return { before, after }
  }
}

type Growth = { readonly before: string | null; readonly after: string | null }

/** Two who write at once may both still find room: the bounds are for keeping order, not exact. */
async function checkRoom(values: ValueTable, scope: ValueScope, { before, after }: Growth) {
  const more = Buffer.byteLength(after ?? '') - Buffer.byteLength(before ?? '')
  const adds = before === null && after !== null
  if (more <= 0 && !adds) return
  const { keys, bytes } = await values.size(scope)
  if (adds && keys >= storageLimits.keys) {
    throw beyond(`The storage of ${scope.connector} has ${storageLimits.keys} keys already`)
  }
  if (bytes + more > storageLimits.bytes) {
    throw beyond(`The storage of ${scope.connector} would hold more than 4 MiB`)
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
