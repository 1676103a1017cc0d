import type { Signal } from './exceptions.ts'
import { bounded, charCodeAt, getProperty, indexOfText, sliceText, toText } from './intrinsics.ts'
import { limits } from './limits.ts'

export type Description = {
  readonly signal: Signal | null
  readonly name: string
  readonly message: string
  readonly position: string | null
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
    position: attempt(() => positionIn(stackOf(thrown), files)) ?? null,
  }
}

/** Finds the author's own place in a stack: the first `file:line:column` of one of the files. */
export function positionIn(stack: string, files: readonly string[]): string | null {
  let best: string | null = null
  let bestAt = stack.length
  for (let index = 0; index < files.length; index++) {
    const file = files[index] ?? ''
    for (let at = frameOf(stack, file, 0); at !== -1; at = frameOf(stack, file, at + 1)) {
      const end = endOfPosition(stack, at + file.length)
      if (end === -1) continue
      if (at < bestAt) {
        bestAt = at
        best = sliceText(stack, at, end)
      }
      break
    }
  }
  return best
}

function frameOf(stack: string, file: string, from: number): number {
  return file === '' ? -1 : indexOfText(stack, `${file}:`, from)
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
