import { shapeAsJsonSchema } from './schema.ts'

/** The JSON Schema (draft 7) of a connector file, which editors complete and check with. */
export function connectorJsonSchema(): Readonly<Record<string, unknown>> {
  const { $schema, ...schema } = shapeAsJsonSchema()
  return {
    $schema,
    title: 'Hookline connector',
    description: 'What a connector.yaml may say; see the README beside it.',
    ...schema,
  }
}
