import type { Attack, Category } from './corpus.ts'

/** A harmless script of a category, and the effect by which one sees that it ran. */
export type Twin = { readonly attack: Attack; readonly effect: string }

/**
 * What looks like an attack and is none, one for each category: a sandbox that stops everything
 * stops every attack. The effect is a piece of what came of it: outcome, log, and what the vendor got.
 */
export const twins: readonly Twin[] = [
  twin(
    'escape',
    'after_action',
    `function after_action() {
    method_response = { answer: (0, eval)('6 * 7'), made: new Function('return [1].concat(2)')() } }`,
    '"content":{"answer":42,"made":[1,2]}',
  ),
  twin(
    'thrown-value',
    'after_action',
    `function after_action() {
    class VendorError extends Error {}
    throw new VendorError('the vendor is closed') }`,
    '"type":"ScriptError","message":"the vendor is closed"',
  ),
  twin(
    'read-back',
    'after_action',
    `function after_action() {
    method_response.body = { proto: 1, list: [1, { deep: ['x'] }], when: new Date(0) } }`,
    '"body":{"proto":1,"list":[1,{"deep":["x"]}],"when":"1970-01-01T00:00:00.000Z"}',
  ),
  twin(
    'logging',
    'after_action',
    `function after_action() {
    console.log('hello', { a: 1 }); console.warn('careful') }`,
    '"level":"info","text":"hello {\\"a\\":1}"',
  ),
  twin(
    'auth-loop',
    'after_error',
    `function after_error() {
    if (method_error.statusCode === 401) throw new AuthRefreshException('expired') }`,
    '"kind":"success"',
  ),
  twin(
    'resource',
    'after_action',
    `function after_action() {
    var m = new Map(), s = ''
    for (var i = 0; i < 2e4; i++) { m.set(i, i); s += 'x' }
    method_response = { size: m.size, found: /x+$/.test(s), sorted: [3, 1, 2].sort() } }`,
    '"content":{"size":20000,"found":true,"sorted":[1,2,3]}',
  ),
  twin(
    'request',
    'top-level',
    `method_request.headers['x-twin'] = 'there'
    method_request.query = { page: 2 }`,
    '"x-twin","there"',
  ),
  twin(
    'bleed',
    'after_action',
    `var counter = typeof counter === 'undefined' ? 1 : counter + 1
    function after_action() { method_response = { counter: counter } }`,
    '"content":{"counter":1}',
  ),
]

function twin(category: Category, hook: Attack['hook'], source: string, effect: string): Twin {
  const id = `TWIN-${category}`
  return { attack: { id, category, hook, source, expect: [], pair: null, step: null }, effect }
}
