import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { connectorJsonSchema } from '../../runtime/definition/json-schema.ts'

test('connectorJsonSchema() is what connectors/connector.schema.json publishes', () => {
  const published: unknown = JSON.parse(readFileSync('connectors/connector.schema.json', 'utf8'))
  expect(
    connectorJsonSchema(),
    'write it anew: node test/definition/write-schema.ts && npx biome check --write connectors',
  ).toEqual(published)
})

test('connectorJsonSchema() is draft 7, without an id of its own, and closed to unknown keys', () => {
  const schema = connectorJsonSchema()
  expect(schema.$schema).toBe('http://json-schema.org/draft-07/schema#')
  expect(schema).not.toHaveProperty('$id')
  expect(schema).not.toHaveProperty('id')
  expect(schema.additionalProperties).toBe(false)
  expect(schema.required).toEqual(['base_url', 'methods'])
})
