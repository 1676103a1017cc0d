import type { Signal } from './exceptions.ts'
import {
  bounded,
  charCodeAt,
  createList,
  getProperty,
  indexOfText,
  sliceText,
  toText,
} from './intrinsics.ts'
import { limits } from './limits.ts'

export type Description = {
  readonly signal: Signal | null
  readonly name: string
  readonly message: string
  readonly positions: readonly string[]
}

/**
 * Puts into words what a script threw; the record bounds them. Reading it may run the script's own getters and
 * traps, which may throw or never end: it is called only while the hook's clock runs.
 */
export function describeThrown(
  thrown: unknown,
  signalOf: (thrown: unknown) => Signal | null,
  files: readonly string[],
): Description {
  return {
    signal: attempt(() => signalOf(thrown)) ?? null,
    name: attempt(() => nameOf(thrown)) ?? 'Error',
    message: attempt(() => messageOf(thrown)) ?? 'the script threw a value that cannot be read',
    positions: attempt(() => positionsIn(stackOf(thrown), files)) ?? createList(),
  }
}

/** Finds the scripts' own places in a stack, from where it was thrown outwards: each `file:line:column`. */
export function positionsIn(stack: string, files: readonly string[]): readonly string[] {
  const positions = createList<string>()
  for (let from = 0; positions.length < limits.positions; ) {
    const next = nextPosition(stack, files, from)
    if (next === null) break
    positions[positions.length] = sliceText(stack, next.at, next.end)
    from = next.end
  }
  return positions
}

type Found = { readonly at: number; readonly end: number }

function nextPosition(stack: string, files: readonly string[], from: number): Found | null {
  let next: Found | null = null
  for (let index = 0; index < files.length; index++) {
    const found = positionOf(stack, files[index] ?? '', from)
    if (found !== null && (next === null || found.at < next.at)) next = found
  }
  return next
}

function positionOf(stack: string, file: string, from: number): Found | null {
  if (file === '') return null
  const text = `${file}:`
  for (let at = indexOfText(stack, text, from); at !== -1; at = indexOfText(stack, text, at + 1)) {
    const end = endOfPosition(stack, at + file.length)
    if (end !== -1 && beginsName(stack, at)) return { at, end }
  }
  return null
}

/** `main.js` is not meant where `lib/main.js` stands. */
function beginsName(stack: string, at: number): boolean {
  const before = at === 0 ? 0x20 : charCodeAt(stack, at - 1)
  return before === 0x20 || before === 0x28
}

/** Where `:12:7` ends, or -1 if that is not what stands there. */
function endOfPosition(text: string, start: number): number {
  const line = endOfNumber(text, start)
  return line === -1 ? -1 : endOfNumber(text, line)
}

function endOfNumber(text: string, start: number): number {
  if (charCodeAt(text, start) !== 0x3a) return -1
  let at = start + 1
  while (charCodeAt(text, at) >= 0x30 && charCodeAt(text, at) <= 0x39) at++
  return at > start + 1 && at < start + 12 ? at : -1
}

function nameOf(thrown: unknown): string {
  if (!isObject(thrown)) return typeof thrown
  const name = getProperty(thrown, 'name')
  return typeof name === 'string' && name !== '' ? name : 'Error'
}

function messageOf(thrown: unknown): string {
  if (!isObject(thrown)) return toText(thrown)
  const message = getProperty(thrown, 'message')
  if (typeof message === 'string') return message
  if (message === undefined) return 'an object without a message was thrown'
  return toText(message)
}

function stackOf(thrown: unknown): string {
  const stack = isObject(thrown) ? getProperty(thrown, 'stack') : ''
  if (typeof stack !== 'string') return ''
  const trace = indexOfText(stack, '\n    at ')
  return bounded(trace === -1 ? stack : sliceText(stack, trace), limits.errorText)
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}

function attempt<Result>(read: () => Result): Result | null {
  try {
    return read()
  } catch {
    return null
  }
}
