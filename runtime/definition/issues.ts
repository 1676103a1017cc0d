/** Says in an author's words what is wrong with a shape, and what was probably meant. */
import { nearest } from '../model/nearest.ts'
import { type Findings, type Path, printPath, quote } from './faults.ts'
import { type ShapeIssue, shapeAsJsonSchema } from './schema.ts'
import { operatorAliases } from './vocabulary.ts'

/** Reports each issue at its place. `value` is the whole file's data. */
export function reportIssues(
  issues: readonly ShapeIssue[],
  value: unknown,
  findings: Findings,
): void {
  const file = { value, schema: shapeAsJsonSchema() }
  const settled = issues.flatMap((each) => settle(each, []))
  const misspelt = new Set(settled.flatMap((issue) => meantBy(issue, file)))
  for (const issue of settled) {
    // What is there under a misspelt name is told once, where it stands.
    if (isMissing(issue, value) && misspelt.has(printPath(issue.path as Path))) continue
    report(issue, file, findings)
  }
}

/** The paths that unknown keys were probably meant for. */
function meantBy(issue: ShapeIssue, file: File): readonly string[] {
  if (issue.code !== 'unrecognized_keys') return []
  const path = issue.path as Path
  const known = keysAt(path, file)
  return issue.keys.slice(0, 100).flatMap((key) => {
    const meant = nearest(key, known)
    return meant === null ? [] : [printPath([...path, meant])]
  })
}

function isMissing({ path }: ShapeIssue, value: unknown): boolean {
  return path.length > 0 && valueIn(value, path as Path) === undefined
}

type File = { readonly value: unknown; readonly schema: Schema }

/**
 * Picks, where something may have one of several shapes, the one that was meant: the shape with the
 * fewest faults, and never one that is of another type altogether, if there is a choice.
 */
function settle(issue: ShapeIssue, above: Path): readonly ShapeIssue[] {
  const path = [...above, ...(issue.path as Path)]
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) {
    return [{ ...issue, path } as ShapeIssue]
  }
  const branches = issue.errors.map((errors) => errors.flatMap((each) => settle(each, path)))
  const cost = (branch: readonly ShapeIssue[]) =>
    branch.reduce((sum, each) => sum + costOf(each, path.length), 0)
  const best = branches.reduce((left, right) => (cost(right) < cost(left) ? right : left))
  const root = branches.flat().filter((each) => each.path.length === path.length)
  const alike = best.every((each) => costOf(each, path.length) >= 100)
  return alike && root.length > 1 ? [{ ...issue, path, errors: branches } as ShapeIssue] : best
}

function costOf(issue: ShapeIssue, depth: number): number {
  if (issue.code === 'unrecognized_keys') return issue.keys.length
  const whole = issue.path.length === depth
  return whole && (issue.code === 'invalid_type' || issue.code === 'invalid_value') ? 100 : 1
}

function report(issue: ShapeIssue, file: File, findings: Findings): void {
  const path = issue.path as Path
  if (issue.code === 'unrecognized_keys') {
    for (const key of issue.keys.slice(0, 100))
      findings.fault([...path, key], unknownKey(key, path, file))
    return
  }
  if (issue.code === 'invalid_key') {
    findings.fault(path, issue.issues[0]?.message ?? 'this name cannot be used')
    return
  }
  const expected = expectedOf(issue)
  const got = valueIn(file.value, path)
  if (expected === null) findings.fault(path, issue.message)
  else findings.fault(path, mismatch(expected, got, issue), expected)
}

function unknownKey(key: string, path: Path, file: File): string {
  const known = keysAt(path, file)
  if (known.includes(key)) {
    const others = Object.keys(valueIn(file.value, path) as object).filter((other) => other !== key)
    return `"${key}" does not go together with ${others.map((other) => `"${other}"`).join(', ')}`
  }
  const meant = nearest(key, known)
  const cure = meant === null ? `known here: ${known.join(', ')}` : `did you mean "${meant}"?`
  return `unknown key "${key}"; ${cure}`
}

function mismatch(expected: string, got: unknown, issue: ShapeIssue): string {
  if (got === undefined) return `missing; expected ${expected}`
  // What is accepted without being listed, as the names of exported definitions, is not proposed.
  const options = optionsOf(issue)
    .map(String)
    .filter((option) => expected.includes(option))
  const meant = typeof got === 'string' ? nearest(got, options) : null
  const quoted =
    typeof got === 'number' && expected === 'a text' ? `; write "${got}" in quotes` : ''
  return `expected ${expected}; got ${quote(got)}${quoted}${meant === null ? '' : `; did you mean ${meant}?`}`
}

function optionsOf(issue: ShapeIssue): readonly unknown[] {
  if (issue.code === 'invalid_value') return issue.values
  return issue.code === 'invalid_union' && 'options' in issue ? (issue.options as unknown[]) : []
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
}

function expectedOf(issue: ShapeIssue): string | null {
  switch (issue.code) {
    case 'invalid_type':
      return typeNames[issue.expected] ?? issue.expected
    case 'invalid_value':
      return oneOf(optionsOf(issue).filter((name) => !(String(name) in operatorAliases)))
    case 'invalid_union':
      if (issue.errors.length === 0) return oneOf(optionsOf(issue))
      return [...new Set(issue.errors.flat().map(expectedOf))].filter(Boolean).join(', or ') || null
    case 'too_small':
      return issue.origin === 'array' ? 'at least one entry' : atLeast(issue.minimum, issue.origin)
    case 'too_big':
      return issue.origin === 'string'
        ? `a text of at most ${issue.maximum} characters`
        : `at most ${issue.maximum}`
    default:
      return null
  }
}

function atLeast(minimum: number | bigint, origin: string): string {
  return origin === 'string' ? 'a text that is not empty' : `at least ${minimum}`
}

function oneOf(options: readonly unknown[]): string {
  return options.length === 1 ? String(options[0]) : `one of ${options.join(', ')}`
}

function valueIn(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (inner, segment) =>
      typeof inner === 'object' && inner !== null && Object.hasOwn(inner, segment)
        ? (inner as Record<string | number, unknown>)[segment]
        : undefined,
    value,
  )
}

type Schema = { readonly [key: string]: unknown }

/** The keys that may stand at a path, read off the published schema. */
function keysAt(path: Path, { value, schema: root }: File): readonly string[] {
  let schemas = open(root, root, value)
  path.forEach((segment, depth) => {
    const inner = valueIn(value, path.slice(0, depth + 1))
    schemas = schemas.flatMap((schema) => open(childOf(schema, segment), root, inner))
  })
  return [...new Set(schemas.flatMap((schema) => Object.keys((schema.properties ?? {}) as Schema)))]
}

function childOf(schema: Schema, segment: string | number): unknown {
  if (typeof segment === 'number') return schema.items
  return (schema.properties as Schema | undefined)?.[segment] ?? schema.additionalProperties
}

/** A schema with its references followed and its alternatives spread, where they fit the value. */
function open(schema: unknown, root: Schema, value: unknown): readonly Schema[] {
  if (typeof schema !== 'object' || schema === null) return []
  const { $ref, anyOf, oneOf: options, allOf } = schema as Schema
  if (typeof $ref === 'string') {
    return open((root.definitions as Schema)[$ref.split('/').at(-1) ?? ''], root, value)
  }
  const inner = [anyOf, options, allOf].flatMap((list) => (list ?? []) as readonly unknown[])
  if (inner.length > 0) return inner.flatMap((each) => open(each, root, value))
  return fits(schema as Schema, value) ? [schema as Schema] : []
}

function fits(schema: Schema, value: unknown): boolean {
  const type = (schema.properties as { type?: { const?: unknown } } | undefined)?.type?.const
  return type === undefined || type === (value as { type?: unknown } | null)?.type
}
