/** What goes into a Flow, and what of its result comes out. */
import { isJsonObject, type Json, type JsonObject } from '../model/json.ts'
import { getPath, parsePath, valueAt } from '../model/path.ts'
import { parseTemplate } from '../model/template.ts'
import type { HandlerComponent, RoutedError } from './types.ts'

/**
 * The input fields of a handler with `{{ error.… }}` filled in, in one pass, at any depth. Other
 * fields stay, but for their spaces: they may be the vendor's own.
 */
export function fillInputs(
  configuration: HandlerComponent['configuration'],
  error: RoutedError,
): JsonObject {
  const fields = configuration?.input_fields ?? {}
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, fill(value, error)]),
  )
}

function fill(value: Json, error: RoutedError): Json {
  if (typeof value === 'string') return fillText(value, error)
  if (Array.isArray(value)) return value.map((item: Json) => fill(item, error))
  if (!isJsonObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, fill(member, error)]),
  )
}

function fillText(text: string, error: RoutedError): string {
  return parseTemplate(text)
    .map((part) => {
      if (typeof part === 'string') return part
      const [root, ...segments] = parsePath(part.field)
      if (root !== 'error') return `{{${part.field}}}`
      return textOf(valueAt({ ...error }, segments))
    })
    .join('')
}

function textOf(value: Json | undefined): string {
  if (value === undefined || value === null) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** The fields that a handler asks for, under its own names; the whole result where it names none. */
export function pickOutputs(
  configuration: HandlerComponent['configuration'],
  result: Json,
): { readonly output: Json; readonly missing: readonly string[] } {
  const fields = (configuration?.output_fields ?? []).flatMap(readField)
  if (fields.length === 0) return { output: result, missing: [] }
  const found = fields.map((field) => ({ ...field, value: fieldOf(result, field.from) }))
  return {
    output: Object.fromEntries(
      found.flatMap(({ to, value }) => (value === undefined ? [] : [[to, value]])),
    ),
    missing: found.flatMap(({ from, value, optional }) =>
      value === undefined && !optional ? [from] : [],
    ),
  }
}

type OutputField = { readonly from: string; readonly to: string; readonly optional: boolean }

function readField(field: Json): readonly OutputField[] {
  if (typeof field === 'string') return [{ from: field, to: field, optional: false }]
  if (!isJsonObject(field)) return []
  const { miniapp_name: from, local_name: to, optional } = field
  if (typeof from !== 'string' || typeof to !== 'string') return []
  return [{ from, to, optional: optional === true }]
}

/** By its name as it is, else as a path into the result. */
function fieldOf(result: Json, name: string): Json | undefined {
  return valueAt(result, [name]) ?? getPath(result, name)
}
