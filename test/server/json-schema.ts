/** As much of JSON Schema 2020-12 as the server's own description uses; any other word is refused. */
type Schema = { readonly [word: string]: unknown }

const known = new Set([
  ...['$ref', 'type', 'description', 'required', 'properties', 'additionalProperties'],
  ...['items', 'minItems', 'enum', 'const', 'anyOf', 'pattern', 'minimum', 'maximum'],
])

/** What is wrong with a value, a line for each; nothing where it is as described. */
export function faultsOf(
  value: unknown,
  schema: Schema,
  root: Schema,
  path = '',
): readonly string[] {
  const unknown = Object.keys(schema).filter((word) => !known.has(word))
  if (unknown.length > 0) throw new Error(`the schema at ${path} says ${unknown.join(', ')}`)
  if (typeof schema.$ref === 'string') {
    return faultsOf(value, resolve(schema.$ref, root), root, path)
  }
  const at = path === '' ? 'the whole' : path
  if (Array.isArray(schema.anyOf)) {
    const branches = schema.anyOf.map((each: Schema) => faultsOf(value, each, root, path))
    return branches.some((faults) => faults.length === 0) ? [] : branches.flat()
  }
  if (schema.type !== undefined && ![schema.type].flat().includes(typeOf(value, schema.type))) {
    return [`${at} is ${typeOf(value, schema.type)}, not ${String(schema.type)}`]
  }
  return [
    ...scalarFaults(value, schema, at),
    ...listFaults(value, schema, { root, path }),
    ...objectFaults(value, schema, { root, path }),
  ]
}

function scalarFaults(value: unknown, schema: Schema, at: string): readonly string[] {
  const { enum: options, pattern, minimum, maximum } = schema
  return [
    ...('const' in schema && value !== schema.const
      ? [`${at} is not ${String(schema.const)}`]
      : []),
    ...(Array.isArray(options) && !options.includes(value) ? [`${at} is no option`] : []),
    ...(typeof pattern === 'string' && !new RegExp(pattern).test(String(value))
      ? [`${at} does not look like ${pattern}`]
      : []),
    ...(typeof minimum === 'number' && Number(value) < minimum ? [`${at} is too small`] : []),
    ...(typeof maximum === 'number' && Number(value) > maximum ? [`${at} is too large`] : []),
  ]
}

type Place = { readonly root: Schema; readonly path: string }

function listFaults(value: unknown, { items, minItems }: Schema, { root, path }: Place) {
  if (!Array.isArray(value)) return []
  const few =
    typeof minItems === 'number' && value.length < minItems ? [`${path} is too short`] : []
  if (items === undefined) return few
  return value.flatMap((item, index) => faultsOf(item, items as Schema, root, `${path}[${index}]`))
}

function objectFaults(value: unknown, schema: Schema, { root, path }: Place): readonly string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return []
  const properties = (schema.properties ?? {}) as Readonly<Record<string, Schema>>
  const required = (schema.required ?? []) as readonly string[]
  return [
    ...required.flatMap((name) => (name in value ? [] : [`${path}.${name} is missing`])),
    ...Object.entries(value).flatMap(([name, member]) => {
      const inner = properties[name]
      if (inner) return faultsOf(member, inner, root, `${path}.${name}`)
      return schema.additionalProperties === false ? [`${path}.${name} is not described`] : []
    }),
  ]
}

function resolve(reference: string, root: Schema): Schema {
  return reference
    .split('/')
    .slice(1)
    .reduce<unknown>((inner, name) => (inner as Schema)[name], root) as Schema
}

function typeOf(value: unknown, wanted: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (Number.isInteger(value) && [wanted].flat().includes('integer')) return 'integer'
  return typeof value
}
