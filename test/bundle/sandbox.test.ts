import { expect, test } from 'vitest'
import { bundleScript } from '../../runtime/bundle/bundle.ts'
import { whereaboutsOf } from '../../runtime/bundle/place.ts'
import { useSandbox } from '../sandbox/support.ts'

const sandbox = useSandbox()

const lib = `export type Contact = { readonly name: string }

export function nameOf(contact: Contact | null): string {
  if (contact === null) throw new Error('no contact')
  return contact.name
}
`

const main = `import { nameOf, type Contact } from './lib.ts'

declare let method_response: Contact | null | string

export function after_action(): boolean {
  method_response = nameOf(method_response as Contact | null)
  return true
}
`

function bundled() {
  const readFile = (path: string) => (path === 'lib.ts' ? lib : null)
  return bundleScript({ file: 'main.ts', source: main, folder: null, readFile })
}

const response = (json: string) =>
  ({ method_response: { json, writable: true, kind: 'value' } }) as const

test('bundleScript() makes what runs in the sandbox: imports and types', async () => {
  const { source } = await bundled()
  const result = await sandbox.run({ connector: source, globals: response('{"name":"Ada"}') })
  expect(result).toMatchObject({
    kind: 'returned',
    value: true,
    globals: { method_response: '"Ada"' },
  })
})

test("whereaboutsOf() leads from the sandbox's error to the author's line", async () => {
  const { source, map } = await bundled()
  const result = await sandbox.run({ connector: source, globals: response('null') })
  if (result.kind !== 'threw') throw new Error('it did not throw')
  const file = result.positions[0]?.replace(/:\d+:\d+$/, '') ?? ''
  const script = { source, file, ...(map === null ? {} : { map }) }
  expect(whereaboutsOf(result.positions, [script])).toMatchObject({
    place: { file: 'lib.ts', line: 4, column: 31, source: lib },
    thrownIn: null,
  })
})

test('a plain script that looks like a module still shares its globals', async () => {
  const text = '/*\nimport x from "y"\n*/\nvar shared = "of the connector"'
  const { source } = await bundleScript({
    file: 'main.js',
    source: text,
    folder: null,
    readFile: () => null,
  })
  const result = await sandbox.run({
    connector: source,
    method: 'function after_action() { method_response = shared }',
    globals: response('null'),
  })
  expect(result).toMatchObject({ globals: { method_response: '"of the connector"' } })
})
