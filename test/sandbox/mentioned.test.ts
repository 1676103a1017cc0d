import { expect, test } from 'vitest'
import { mayLinger, mentionedGlobals } from '../../runtime/sandbox/host/mentioned.ts'
import { changes, global, jobOf, readOnly, useSandbox } from './support.ts'

const { run } = useSandbox()

const globals = { seen: global(null), cycle_id: readOnly('c1'), cycle_step_id: readOnly('s1') }

const namesOf = (connector: string, method = ''): readonly string[] =>
  mentionedGlobals(jobOf({ connector, method, globals })).map(({ name }) => name)

test('mentionedGlobals() takes what any of the scripts names, in its order', () => {
  expect(namesOf('function after_action() { seen = cycle_step_id }')).toEqual([
    'seen',
    'cycle_step_id',
  ])
  expect(namesOf('function after_action() { seen = 1 }', 'cycle_id')).toEqual(['seen', 'cycle_id'])
  expect(namesOf('function after_action() {}')).toEqual([])
})

test.each([
  ['the global object', 'seen = globalThis["cycle_" + "id"]'],
  [
    'the global object of a sloppy function',
    'seen = (function () { return this })()["cycle_" + "id"]',
  ],
  ['code made of texts', 'seen = (0, eval)("cycle_" + "id")'],
  ['a function made of texts', 'seen = Function("return cycle" + "_id")()'],
  ['a constructor of functions', 'seen = (() => {}).constructor("return cycle" + "_id")()'],
  ['a name with an escape', 'seen = cycle\\u005fid'],
])('run() gives a global to a script that reaches it by %s', async (_what, body) => {
  const result = await run({ connector: `function after_action() { ${body} }`, globals })
  expect(changes(result)).toEqual({ seen: 'c1' })
})

test('mentionedGlobals() does not look for names in a text of more than 100,000 characters', () => {
  expect(namesOf(`// ${'x'.repeat(100_000)}`)).toEqual(['seen', 'cycle_id', 'cycle_step_id'])
})

test.each([
  ['a promise', 'Promise.resolve().then(() => {})', true],
  ['an async function', '(async () => {})()', true],
  ['code made of texts', 'eval("Prom" + "ise.resolve()")', true],
  ['a constructor of functions', '[].constructor', true],
  ['nothing of the kind', 'method_response.promised = 1', false],
])('mayLinger() of a script with %s', (_what, body, expected) => {
  expect(mayLinger(jobOf({ connector: `function after_action() { ${body} }` }))).toBe(expected)
})
