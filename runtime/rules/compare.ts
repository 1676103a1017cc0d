/** The operators of conditions: which value, compared with which, holds. */
import type { RuleCondition } from '../model/connector.ts'
import { isJsonObject, type Json } from '../model/json.ts'

/** Whether a condition holds for the value found at its path; undefined is an absent one. */
export type Test = (found: Json | undefined) => boolean

/**
 * The test that a condition makes. Scalars compare by their text, case and all; numbers compare
 * only with what is numeric; each `not_…` is the exact negation of its operator.
 */
export function compileTest(condition: RuleCondition): Test {
  const { operator, value = null } = condition
  switch (operator) {
    case 'exists':
      return isPresent
    case 'not_exists':
      return not(isPresent)
    case 'empty':
      return isEmpty
    case 'not_empty':
      return not(isEmpty)
    case 'equal':
      return equalTo(value)
    case 'not_equal':
      return not(equalTo(value))
    case 'in':
      return oneOf(value)
    case 'not_in':
      return not(oneOf(value))
    default:
      return compileTextOrNumber(condition, value)
  }
}

function compileTextOrNumber(condition: RuleCondition, value: Operand): Test {
  const text = textOf(value as Json) ?? ''
  switch (condition.operator) {
    case 'contains':
      return containing(text)
    case 'not_contains':
      return not(containing(text))
    case 'starts_with':
      return (found) => textOf(found)?.startsWith(text) ?? false
    case 'ends_with':
      return (found) => textOf(found)?.endsWith(text) ?? false
    case 'greater':
      return ordered(value, (found, limit) => found > limit)
    case 'greater_or_equal':
      return ordered(value, (found, limit) => found >= limit)
    case 'less':
      return ordered(value, (found, limit) => found < limit)
    default:
      return ordered(value, (found, limit) => found <= limit)
  }
}

type Operand = NonNullable<RuleCondition['value']> | null

function not(test: Test): Test {
  return (found) => !test(found)
}

function isPresent(found: Json | undefined): boolean {
  return found !== undefined && found !== null
}

function isEmpty(found: Json | undefined): boolean {
  if (found === undefined || found === null || found === '') return true
  return typeof found === 'object' && Object.keys(found).length === 0
}

/**
 * `equal` to the system's empty value holds where the field is there, filled or not. That is what
 * the guide of such rules promises, whatever its words say (spec section 3.5).
 */
function equalTo(value: Operand): Test {
  if (isEmptyMarker(value)) return isPresent
  const text = textOf(value as Json)
  return (found) => text !== null && textOf(found) === text
}

function isEmptyMarker(value: Operand): boolean {
  return isJsonObject(value) && value.system === 'empty'
}

function oneOf(value: Operand): Test {
  const texts = new Set(Array.isArray(value) ? value.map((item) => textOf(item as Json)) : [])
  return (found) => {
    const text = textOf(found)
    return text !== null && texts.has(text)
  }
}

function containing(text: string): Test {
  return (found) =>
    Array.isArray(found)
      ? found.some((item) => textOf(item as Json) === text)
      : (textOf(found)?.includes(text) ?? false)
}

function ordered(value: Operand, holds: (found: number, limit: number) => boolean): Test {
  const limit = numberOf(value as Json)
  return (found) => {
    const number = numberOf(found)
    return number !== null && limit !== null && holds(number, limit)
  }
}

/** A scalar's text; null for all else. */
function textOf(value: Json | undefined): string | null {
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : null
}

const numeric = /^\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?\s*$/i

function numberOf(value: Json | undefined): number | null {
  if (typeof value === 'number') return value
  return typeof value === 'string' && numeric.test(value) ? Number(value) : null
}
