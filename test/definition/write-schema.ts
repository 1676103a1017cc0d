/** Writes the published JSON Schema anew: `node test/definition/write-schema.ts`. */
import { writeFileSync } from 'node:fs'
import { connectorJsonSchema } from '../../runtime/definition/json-schema.ts'

const file = new URL('../../connectors/connector.schema.json', import.meta.url)
writeFileSync(file, `${JSON.stringify(connectorJsonSchema(), null, 2)}\n`)
