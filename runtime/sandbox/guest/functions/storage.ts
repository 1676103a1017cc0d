import type { CallHost } from '../host.ts'
import { defineGlobal } from './define.ts'

const prefixes = ['cyclr_storage', 'cycle_storage'] as const
const operations = [
  'list_values',
  'list_keys',
  'get',
  'set',
  'append',
  'increment',
  'decrement',
  'delete',
  'delete_all',
] as const

/**
 * `cyclr_storage_…`, what all scripts of a connector share, and `cycle_storage_…`, what those of one
 * cycle do. The host keeps it, and says what each gives back.
 */
export function installStorage(callHost: CallHost): void {
  for (let prefix = 0; prefix < prefixes.length; prefix++) {
    for (let operation = 0; operation < operations.length; operation++) {
      const name = `${prefixes[prefix]}_${operations[operation]}`
      defineGlobal(name, (key?: unknown, value?: unknown) => callHost(name, { key, value }))
    }
  }
}
