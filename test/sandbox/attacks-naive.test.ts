/**
 * The positive control of the corpus, one attack of each category: where nothing protects the host,
 * it does harm. `test/full/attacks-naive.test.ts` tries them all.
 */
import { expect, test } from 'vitest'
import { harmOf, units } from './attacks/naive.ts'

test.each([
  ['ESC-001', 'it got out'],
  ['ERR-025', 'it forged a line'],
  ['RET-004', 'it polluted the host'],
  ['LOG-008', 'it saw a secret'],
  ['AUT-001', 'it was renewed without end'],
  ['RES-041', 'it got out'],
  ['REQ-058', 'its request went out'],
  ['BLD-001', 'it got out'],
])('%s: %s', async (id, harm) => {
  const [, attacks = []] = units().find(([name]) => name === id) ?? []
  expect(await harmOf(attacks)).toBe(harm)
})

test('a script that means no harm does none', async () => {
  const source =
    'function after_action() { method_response.body.seen = true; console.log("hello") }'
  const benign = { id: 'TWIN', category: 'escape', hook: 'after_action', source } as const
  expect(await harmOf([{ ...benign, expect: [], pair: null, step: null }])).toBeNull()
})
