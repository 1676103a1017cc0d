import { CallFailure } from '../model/failure.ts'
import type { ScriptToBundle } from './bundle.ts'
import { authorName } from './resolver.ts'
import { codeFrame } from './source-map.ts'

/** What esbuild says of an error, as far as it is read here. */
export type BuildMessage = {
  readonly text: string
  readonly location: {
    readonly file: string
    /** From 1. */
    readonly line: number
    /** From 0, in bytes. */
    readonly column: number
    readonly lineText: string
  } | null
}

/** The errors of a build that failed, or null where something else was thrown. */
export function buildMessages(error: unknown): readonly BuildMessage[] | null {
  if (!(error instanceof Error) || !('errors' in error) || !Array.isArray(error.errors)) return null
  return error.errors as readonly BuildMessage[]
}

/** The first error of a build, in the author's own places. */
export function bundleFailure(
  messages: readonly BuildMessage[],
  script: ScriptToBundle,
): CallFailure {
  const [first, ...others] = messages
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`
  const location = first?.location ?? null
  if (first === undefined || location === null) {
    const text = first?.text ?? 'esbuild failed without saying why'
    return new CallFailure('DefinitionInvalid', `${script.file}: ${text}${more}`, {
      reason: 'bundle',
    })
  }
  const file = authorName(location.file)
  const column = Buffer.from(location.lineText).subarray(0, location.column).toString().length + 1
  const position = `${file}:${location.line}:${column}`
  const source = file === script.file ? script.source : script.readFile(file)
  return new CallFailure('DefinitionInvalid', `${position}: ${first.text}${more}`, {
    reason: 'bundle',
    position,
    ...(source === null ? {} : { frame: codeFrame(source, location.line, column) }),
  })
}

/** A bundle past its limit, and which of its inputs made it so large. */
export function tooLarge(
  { file }: ScriptToBundle,
  sizes: readonly (readonly [string, number])[],
): CallFailure {
  const largest = sizes
    .toSorted(([, one], [, other]) => other - one)
    .slice(0, 5)
    .map(([name, bytes]) => `${name} ${Math.ceil(bytes / 1024)} KiB`)
  return new CallFailure(
    'DefinitionInvalid',
    `${file}: with what it imports, it is larger than 2 MiB. The largest: ${largest.join(', ')}`,
    { reason: 'bundle', position: `${file}:1:1` },
  )
}
