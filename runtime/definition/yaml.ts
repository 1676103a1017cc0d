import {
  isMap,
  isNode,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  parseDocument,
  stringify,
  visit,
} from 'yaml'
import { DefinitionError, type Path, type Position } from './faults.ts'

/** A file's data, and where in the file each piece of it stands. */
export type SourceDocument = {
  readonly value: unknown
  /** Where a path's key stands, or the nearest thing above it that is there. */
  readonly positionOf: (path: Path) => Position
}

const maximumBytes = 1024 * 1024
const maximumDepth = 64

/**
 * Reads YAML 1.2 (or JSON) that a stranger wrote. Core schema, no tags of its own, 50 uses of
 * aliases, 64 levels, 1 MiB. Throws `DefinitionError` with each fault that the text has.
 */
export function readYaml(text: string, file: string): SourceDocument {
  const lines = new LineCounter()
  const failAt = (message: string, position: Position = { line: 1, column: 1 }) =>
    new DefinitionError([{ file, ...position, path: '', message, expected: null }])
  if (Buffer.byteLength(text) > maximumBytes) throw failAt('the file is larger than 1 MiB')
  if (nestsTooDeep(text)) throw failAt(tooDeep)
  try {
    const document = parseDocument(text, { ...strict, lineCounter: lines })
    const problems = [...document.errors, ...document.warnings, ...repeatedKeys(document.contents)]
    if (problems.some(({ message }) => message.includes('call stack'))) throw failAt(tooDeep)
    if (problems.length > 0) {
      throw new DefinitionError(
        problems.slice(0, 100).map(({ message, pos }) => ({
          file,
          ...at(lines, pos[0]),
          path: '',
          message,
          expected: null,
        })),
      )
    }
    const value: unknown = document.toJS({ maxAliasCount: 50 })
    const wrong = firstWrong(value, 0)
    if (wrong !== null) throw failAt(wrong)
    return { value, positionOf: (path) => at(lines, offsetOf(document.contents, path)) }
  } catch (error) {
    if (error instanceof RangeError) throw failAt(tooDeep)
    if (error instanceof ReferenceError) throw failAt('aliases multiply the file too much')
    throw error
  }
}

const strict = {
  schema: 'core',
  version: '1.2',
  merge: false,
  // The library compares each key with each; see `repeatedKeys`.
  uniqueKeys: false,
  stringKeys: true,
  prettyErrors: false,
  resolveKnownTags: false,
  logLevel: 'error',
} as const

const tooDeep = `the file nests deeper than ${maximumDepth} levels`

/**
 * Looks before the leap: composing a deep text is recursive, and slow to fail. Brackets and the
 * dashes of one line are counted; levels of indentation cost their author too much to be many.
 */
function nestsTooDeep(text: string): boolean {
  let open = 0
  let dashes = 0
  for (const token of new Lexer().lex(text)) {
    if (token === '[' || token === '{') open++
    else if (token === ']' || token === '}') open--
    else if (token === '-' || token === '?') dashes++
    else if (token === '\n') dashes = 0
    if (open > maximumDepth || dashes > maximumDepth) return true
  }
  return false
}

type Problem = { readonly message: string; readonly pos: readonly [number, ...unknown[]] }

function repeatedKeys(root: unknown): readonly Problem[] {
  const problems: Problem[] = []
  if (!isNode(root)) return problems
  visit(root, {
    Map(_key, { items }) {
      const seen = new Set<string>()
      for (const { key } of items) {
        const name = nameOf(key)
        if (seen.has(name)) {
          problems.push({ message: `"${name}" is said twice`, pos: [startOf(key) ?? 0] })
        }
        seen.add(name)
      }
    },
  })
  return problems
}

function nameOf(key: unknown): string {
  return String(isScalar(key) ? key.value : key)
}

/** JSON only: no number without a value, no key that reaches a prototype. */
function firstWrong(value: unknown, depth: number): string | null {
  if (depth > maximumDepth) return tooDeep
  if (typeof value === 'number' && !Number.isFinite(value)) return `${value} is not a JSON number`
  if (typeof value !== 'object' || value === null) return null
  for (const [key, child] of Object.entries(value)) {
    if (key === '__proto__' || key === 'constructor' || key === 'prototype') {
      return `the key "${key}" is not allowed anywhere`
    }
    const wrong = firstWrong(child, depth + 1)
    if (wrong !== null) return wrong
  }
  return null
}

function at(lines: LineCounter, offset: number): Position {
  const { line, col } = lines.linePos(offset)
  return { line: Math.max(line, 1), column: Math.max(col, 1) }
}

function offsetOf(root: unknown, path: Path): number {
  let node = root
  let offset = startOf(root) ?? 0
  for (const segment of path) {
    const found = childOf(node, segment)
    if (found === null) return offset
    node = found.value
    offset = startOf(found.mark) ?? offset
  }
  return offset
}

function childOf(
  node: unknown,
  segment: string | number,
): { value: unknown; mark: unknown } | null {
  if (isSeq(node) && typeof segment === 'number') {
    const item = node.items[segment]
    return item === undefined ? null : { value: item, mark: item }
  }
  if (!isMap(node)) return null
  const pair = node.items.find(({ key }) => nameOf(key) === segment)
  return pair === undefined ? null : { value: pair.value, mark: pair.key }
}

function startOf(node: unknown): number | null {
  return isNode(node) && node.range ? node.range[0] : null
}

/** Data as a file that a person goes on with; `readYaml` reads it back. */
export function writeYaml(value: unknown): string {
  return stringify(value, { lineWidth: 100, aliasDuplicateObjects: false })
}
