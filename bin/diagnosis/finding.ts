import type { JsonObject } from '../../runtime/model/json.ts'
import { UsageError } from '../../runtime/model/usage-error.ts'

/** One thing that was looked at. */
export type Finding = {
  readonly name: 'node' | 'platform' | 'sandbox' | 'store' | 'key' | 'proxy' | 'allowed'
  /** `less`: it serves, and protects less than it could. `bad`: it does not serve. */
  readonly state: 'good' | 'less' | 'bad'
  readonly text: string
  /** What is missing, and what to do about it. */
  readonly notes: readonly string[]
  /** For a program to read. */
  readonly detail: JsonObject
}

type Rest = { readonly notes?: readonly string[]; readonly detail?: JsonObject }

export function finding(
  name: Finding['name'],
  [state, text]: readonly [Finding['state'], string],
  { notes = [], detail = {} }: Rest = {},
): Finding {
  return { name, state, text, notes, detail }
}

/** What an attempt said of itself when it failed, and its cure. */
export function complaint(error: unknown): { readonly text: string; readonly notes: string[] } {
  if (error instanceof UsageError) {
    return { text: error.message, notes: error.cure === null ? [] : [error.cure] }
  }
  return { text: error instanceof Error ? error.message : 'it failed', notes: [] }
}
