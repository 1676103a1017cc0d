import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readYaml } from '../../runtime/definition/yaml.ts'
import type { Json } from '../../runtime/model/json.ts'
import { withKey } from '../../runtime/route/yaml-text.ts'

const valueIn = (text: string) => readYaml(text, 'f').value

test('withKey() replaces its key and keeps every other byte', () => {
  const text = `# The support desk
group:   flowteam   # its own spelling

error_handlers: # replaced
  - {}
  # with what was in it

# Flows below
flows:
  log: { source: "function handle() {}" }
`
  expect(withKey(text, 'error_handlers', [{ error_types: ['A', 'yes'] }, {}])).toBe(
    `# The support desk
group:   flowteam   # its own spelling

error_handlers:
  - error_types:
      - "A"
      - "yes"
  - {}

# Flows below
flows:
  log: { source: "function handle() {}" }
`,
  )
})

test('withKey() adds a key that is not there', () => {
  expect(withKey('group: g\n', 'error_handlers', [])).toBe('group: g\nerror_handlers:\n  []\n')
  expect(valueIn(withKey('group: g', 'error_handlers', [{}]))).toEqual({
    group: 'g',
    error_handlers: [{}],
  })
})

test.each([
  ['JSON', '{"group": "g", "error_handlers": [{}], "flows": {}}'],
  ['one line', '{group: g, error_handlers: [{}], flows: {}}'],
  ['an anchor', 'group: g\nerror_handlers: &list [{}]\nflows: {}\nerror_types: *list\n'],
])('withKey() writes the whole anew where the file is %s', (_what, text) => {
  const before = valueIn(text) as { readonly [key: string]: Json }
  const after = withKey(text, 'error_handlers', [{ a: 'b' }])
  expect(valueIn(after)).toEqual({ ...before, error_handlers: [{ a: 'b' }] })
})

test('withKey() writes any data so that it is read back as it was', () => {
  const text = 'group: g\nerror_handlers: []\nflows: {}\n'
  const data = fc.jsonValue({ maxDepth: 4, stringUnit: 'binary' })
  fc.assert(
    fc.property(data, (value) => {
      fc.pre(!/__proto__|constructor|prototype|-0|"<</.test(JSON.stringify(value)))
      const list = JSON.parse(JSON.stringify([value])) as Json
      const after = withKey(text, 'error_handlers', list)
      expect(valueIn(after)).toEqual({ group: 'g', error_handlers: list, flows: {} })
      expect(after).toMatch(/^group: g\nerror_handlers:/)
    }),
    { numRuns: 60 },
  )
})
