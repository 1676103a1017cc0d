import type { GlobalHeader } from '../protocol.ts'
import { caseInsensitive } from './headers.ts'
import type { Fetch } from './host.ts'
import {
  createList,
  defineProperty,
  isArray,
  keysOf,
  parse,
  quote,
  stringify,
} from './intrinsics.ts'
import { limits } from './limits.ts'

/** Read-back is refused: a global holds what is no data. */
export type Refusal = { readonly name: string; readonly thrown: unknown }

export type Slots = {
  /** The members of a JSON object, `"name":"its JSON text"`, of those that were changed. */
  readBack(warn: (text: string) => void): string
}

type Slot = GlobalHeader & {
  /** What came in. Null until a deferred one is fetched, at the first touch. */
  text: string | null
  readonly fetch: () => string
  touched: boolean
  value: unknown
}

/**
 * Defines the hook's globals. Each is parsed when the script first touches it, and behaves like a
 * variable: sloppy and strict scripts may assign it. It cannot be deleted or redefined.
 */
export function installSlots(
  headers: readonly GlobalHeader[],
  texts: readonly string[],
  fetch: Fetch,
): Slots {
  const slots = createList<Slot>()
  let next = 0
  for (let index = 0; index < headers.length; index++) {
    const header = headers[index]
    if (header === undefined) continue
    const { name, writable, kind, deferred } = header
    const slot: Slot = {
      name,
      writable,
      kind,
      deferred,
      text: deferred ? null : (texts[next++] ?? 'null'),
      fetch: () => fetch(index),
      touched: false,
      value: undefined,
    }
    slots[slots.length] = slot
    install(slot)
  }
  return { readBack: (warn) => readBack(slots, warn) }
}

function install(slot: Slot): void {
  defineProperty(globalThis, slot.name, {
    get() {
      if (!slot.touched) {
        slot.value = open(slot)
        slot.touched = true
      }
      return slot.value
    },
    set(value: unknown) {
      slot.value = value
      slot.touched = true
    },
    enumerable: true,
    configurable: false,
  })
}

function open(slot: Slot): unknown {
  const { kind } = slot
  slot.text ??= slot.fetch()
  const value = parseOr(slot.text)
  const isRecord = typeof value === 'object' && value !== null && !isArray(value)
  return kind === 'headers' && isRecord ? caseInsensitive(value) : value
}

/** Text that is not JSON stands for itself: a body may be anything. */
function parseOr(text: string): unknown {
  try {
    return parse(text)
  } catch {
    return text
  }
}

function readBack(slots: readonly Slot[], warn: (text: string) => void): string {
  let members = ''
  let size = 0
  for (let index = 0; index < slots.length; index++) {
    const slot = slots[index]
    if (slot === undefined || !slot.writable || !slot.touched) continue
    const kind = typeof slot.value
    if (kind === 'function' || kind === 'symbol') {
      warn(`${slot.name} was set to a ${kind}, which is no data; taken for null`)
    }
    const text = changed(slot)
    if (text === null) continue
    size += text.length
    if (size > limits.readBack) throw refusal(slot.name, 'it is larger than 4 MiB')
    members += `${members === '' ? '' : ','}${quote(slot.name)}:${quote(text)}`
  }
  return members
}

/** The slot's value as JSON, or null if that is what came in. */
function changed(slot: Slot): string | null {
  let text: string
  try {
    text = serialise(slot.value)
  } catch (thrown) {
    throw { name: slot.name, thrown } satisfies Refusal
  }
  // What was never fetched was only assigned to: there is nothing that it could be the same as.
  if (slot.text === null) return text
  return text === slot.text || text === stringify(parseOr(slot.text)) ? null : text
}

/** Data as the dialect reads it back (section 14, 11): a member that is undefined becomes null. */
function serialise(value: unknown): string {
  const text: string | undefined = stringify(value)
  if (text === undefined) return 'null'
  if (!holdsUndefined(value)) return text
  return stringify(value, (_key, member: unknown) => (member === undefined ? null : member))
}

/** Asked first, because a replacer makes `stringify` several times slower. */
function holdsUndefined(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return value === undefined
  if (isArray(value)) {
    for (let index = 0; index < value.length; index++) {
      const member: unknown = value[index]
      if (typeof member === 'object' && member !== null && holdsUndefined(member)) return true
    }
    return false
  }
  const record = value as Record<string, unknown>
  const keys = keysOf(record)
  for (let index = 0; index < keys.length; index++) {
    if (holdsUndefined(record[keys[index] ?? ''])) return true
  }
  return false
}

function refusal(name: string, thrown: unknown): Refusal {
  return { name, thrown }
}
