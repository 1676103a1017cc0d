/**
 * Locations of fields in a body, as the dialect writes them (section 10): `a.b`; `[arr].x`, the `x`
 * of each element; `[].x`, where the body itself is the list; `[a].\b.c\`, with a literal name.
 */
import { isJsonObject, type Json } from './json.ts'

/** One step down; `key` is null where the level itself is the list. */
export type LocationStep = { readonly key: string | null; readonly list: boolean }

const stepPattern = /^(?:\[([^\][]*)\]|\\([^\\]+)\\|([^.[\]\\]+))(\.|$)/

/** The steps of a location; null where the text is not one. */
export function parseLocation(text: string): readonly LocationStep[] | null {
  const steps: LocationStep[] = []
  let rest = text
  while (rest !== '') {
    const found = stepPattern.exec(rest)
    if (!found) return null
    const [whole, list, literal, name, dot] = found
    if (dot === '.' && whole.length === rest.length) return null
    if (list !== undefined) steps.push({ key: list === '' ? null : list, list: true })
    else steps.push({ key: literal ?? name ?? '', list: false })
    rest = rest.slice(whole.length)
  }
  return steps.length === 0 ? null : steps
}

/** The location of a field of that very name, whatever is in it. */
export function literalLocation(name: string): string {
  return /[.[\]\\]/.test(name) ? `\\${name}\\` : name
}

/** What stands at a location that has one value: lists are not looked into. */
export function readLocation(content: Json, steps: readonly LocationStep[]): Json | undefined {
  let value: Json | undefined = content
  for (const { key } of steps) {
    if (key === null) continue
    if (!isJsonObject(value) || !Object.hasOwn(value, key)) return undefined
    value = value[key]
  }
  return value
}

/** The content with a value at a location; a list's elements take the value's, one each. */
export function writeLocation(
  content: Json | undefined,
  steps: readonly LocationStep[],
  value: Json,
): Json {
  const [step, ...rest] = steps
  if (step === undefined) return value
  if (step.key === null) return writeList(content, rest, value)
  const object = isJsonObject(content) ? content : {}
  const inner = Object.hasOwn(object, step.key) ? object[step.key] : undefined
  const written = step.list ? writeList(inner, rest, value) : writeLocation(inner, rest, value)
  return { ...object, [step.key]: written }
}

function writeList(content: Json | undefined, rest: readonly LocationStep[], value: Json): Json {
  const values: readonly Json[] = Array.isArray(value) ? value : [value]
  if (rest.length === 0) return values
  const list: readonly Json[] = Array.isArray(content) ? content : []
  return Array.from({ length: Math.max(list.length, values.length) }, (_, index) =>
    index < values.length
      ? writeLocation(list[index], rest, values[index] ?? null)
      : (list[index] ?? null),
  )
}
