/** The dialect's `cyclr_storage_*` and `cycle_storage_*` (section 5): what scripts keep. */
import { isJsonObject, type Json } from '../../model/json.ts'
import type { ScriptStorage, StorageScope } from '../../model/ports.ts'
import { UsageError } from '../../model/usage-error.ts'
import type { Execution } from '../execution.ts'
import type { Service } from './service.ts'

/** A function's storage, and the two values that a script gave it. */
type Use = {
  readonly storage: ScriptStorage
  readonly scope: StorageScope
  readonly key: string
  readonly value: Json
}

const operations: Readonly<Record<string, (use: Use) => Promise<Json>>> = {
  list_values: async ({ storage, scope }) => (await storage.list(scope)).map(({ value }) => value),
  list_keys: async ({ storage, scope }) => (await storage.list(scope)).map(({ key }) => key),
  get: ({ storage, scope, key }) => storage.get(scope, key),
  set: async ({ storage, scope, key, value }) => {
    await storage.set(scope, key, textOf(value))
    return true
  },
  append: ({ storage, scope, key, value }) => storage.append(scope, key, textOf(value)),
  increment: ({ storage, scope, key, value }) => storage.increment(scope, key, amountOf(value)),
  decrement: ({ storage, scope, key, value }) => storage.increment(scope, key, -amountOf(value)),
  delete: ({ storage, scope, key }) => storage.delete(scope, key),
  delete_all: async ({ storage, scope }) => {
    await storage.deleteAll(scope)
    return true
  },
}

/** One service for each function, by the function's name. */
export const storageServices: readonly (readonly [name: string, service: Service])[] = [
  ...functionsOf('cyclr_storage', () => null),
  ...functionsOf('cycle_storage', ({ call }) => {
    if (call.cycle.id !== '') return call.cycle.id
    throw wrong('the call belongs to no cycle, so there is no storage of one')
  }),
]

function functionsOf(
  prefix: string,
  cycleOf: (execution: Execution) => string | null,
): readonly (readonly [string, Service])[] {
  return Object.entries(operations).map(([operation, act]) => {
    const name = `${prefix}_${operation}`
    const service: Service = async ({ execution }, argument) => {
      const { call, ports } = execution
      try {
        const { key, value } = argumentsOf(execution, argument)
        const cycle = cycleOf(execution)
        const scope = { tenant: call.connection.tenant, connector: call.connector.name, cycle }
        return await act({ storage: ports.storage, scope, key, value })
      } catch (error) {
        throw new Error(`${name}: ${wordsOf(execution, error)}`)
      }
    }
    return [name, service] as const
  })
}

/** A stand-in is worth nothing after its call: to store one is a mistake, and found out late. */
function argumentsOf({ placeholders }: Execution, argument: Json) {
  const { key = null, value = null } = isJsonObject(argument) ? argument : {}
  if (placeholders.holdsSecret(JSON.stringify([key, value]))) {
    throw wrong('a secret cannot be stored')
  }
  return { key: textOf(key), value }
}

/** Texts as they are, no value as an empty text, and anything else as JSON. */
function textOf(value: Json): string {
  if (value === null) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** 1 where a script says nothing. */
function amountOf(value: Json): number {
  const amount = value === null ? 1 : Number(value)
  const isAmount = typeof value !== 'object' || value === null
  if (isAmount && Number.isFinite(amount)) return amount
  throw wrong('the amount is not a number')
}

function wrong(message: string): UsageError {
  return new UsageError('entityInvalid', message)
}

/** What is wrong with the store is for its operator: it names files, which no script may see. */
function wordsOf({ trail }: Execution, error: unknown): string {
  if (error instanceof UsageError && error.errorCode === 'entityInvalid') return error.message
  trail.add({ kind: 'warning', message: error instanceof Error ? error.message : String(error) })
  return 'the storage cannot be used at the moment'
}
