import { expect, test } from 'vitest'
import type { ErrorRule } from '../../runtime/model/connector.ts'
import { compileRule } from '../../runtime/rules/compile.ts'

test('compileRule() compiles each rule once, as it judges every response of its connector', () => {
  const rule: ErrorRule = { type: 'Default', message: '', renew: null, filter: { all: [] } }
  expect(compileRule(rule)).toBe(compileRule(rule))
  expect(compileRule({ ...rule })).not.toBe(compileRule(rule))
})
