import { describe, expect, test } from 'vitest'
import type { RuleCondition, RuleOperator } from '../../runtime/model/connector.ts'
import type { Json } from '../../runtime/model/json.ts'
import { compileTest } from '../../runtime/rules/compare.ts'

/** The values that may be found at a path, in the order of the table's columns. */
const columns: readonly (readonly [string, Json | undefined])[] = [
  ['absent', undefined],
  ['null', null],
  ['""', ''],
  ['"x"', 'x'],
  ['0', 0],
  ['5', 5],
  ['"5"', '5'],
  ['false', false],
  ['[]', []],
  ['["x"]', ['x']],
  ['{}', {}],
]

const empty = { system: 'empty' } as const

/** T: the condition holds. One letter a column. */
const table: readonly (readonly [RuleOperator, RuleCondition['value'], string])[] = [
  ['equal', 'x', '...T.......'],
  ['not_equal', 'x', 'TTT.TTTTTTT'],
  ['contains', 'x', '...T.....T.'],
  ['not_contains', 'x', 'TTT.TTTTT.T'],
  ['starts_with', 'x', '...T.......'],
  ['ends_with', 'x', '...T.......'],
  ['greater', 3, '.....TT....'],
  ['less', 3, '....T......'],
  ['greater_or_equal', 5, '.....TT....'],
  ['less_or_equal', 5, '....TTT....'],
  ['in', ['x', 5], '...T.TT....'],
  ['not_in', ['x', 5], 'TTT.T..TTTT'],
  ['exists', undefined, '..TTTTTTTTT'],
  ['not_exists', undefined, 'TT.........'],
  ['empty', undefined, 'TTT.....T.T'],
  ['not_empty', undefined, '...TTTTT.T.'],
  ['equal', empty, '..TTTTTTTTT'],
  ['not_equal', empty, 'TT.........'],
]

const cells = table.flatMap(([operator, value, row]) =>
  columns.map(([name, found], index) => ({
    operator,
    value,
    name,
    found,
    holds: row[index] === 'T',
    title: `${operator} ${JSON.stringify(value) ?? ''}`,
  })),
)

describe('compileTest() holds as the table of operators says', () => {
  test('the table is whole', () => {
    expect(table.map(([, , row]) => row.length)).toEqual(table.map(() => columns.length))
    expect(new Set(table.map(([operator]) => operator)).size).toBe(16)
  })

  test.each(cells)('$title of $name is $holds', ({ operator, value, found, holds }) => {
    expect(verdict(operator, value, found)).toBe(holds)
  })
})

const finer: readonly (readonly [
  RuleOperator,
  RuleCondition['value'],
  Json | undefined,
  boolean,
])[] = [
  ['equal', '400', 400, true],
  ['equal', 400, '400', true],
  ['equal', 'true', true, true],
  ['equal', false, 'false', true],
  ['equal', 'X', 'x', false],
  ['equal', 'x', 'xx', false],
  ['equal', '', '', true],
  ['equal', 'null', null, false],
  ['equal', '', null, false],
  ['equal', '[object Object]', {}, false],
  ['equal', 'x', ['x'], false],
  ['equal', undefined, null, false],
  ['equal', undefined, {}, false],
  ['contains', 'b', 'abc', true],
  ['contains', 'd', 'abc', false],
  ['contains', '5', 150, true],
  ['contains', 'ru', true, true],
  ['contains', 5, ['a', '5'], true],
  ['contains', 'a', ['abc'], false],
  ['contains', 'null', [null], false],
  ['contains', 'a', { a: 1 }, false],
  ['not_contains', 'b', 'abc', false],
  ['starts_with', 'ab', 'abc', true],
  ['starts_with', 'bc', 'abc', false],
  ['starts_with', 4, 404, true],
  ['starts_with', 'x', ['x'], false],
  ['ends_with', 'bc', 'abc', true],
  ['ends_with', 'ab', 'abc', false],
  ['greater', 3, 3, false],
  ['greater', 3, 3.1, true],
  ['greater', '3', '4', true],
  ['greater', '10', '9', false],
  ['greater_or_equal', 3, 3, true],
  ['greater_or_equal', 3, 2.9, false],
  ['less', 3, 3, false],
  ['less', 3, 2.9, true],
  ['less', 0, '-1', true],
  ['less', 5, '1e0', true],
  ['less', 5, ' 1 ', true],
  ['less', 5, '.5', true],
  ['less', 5, '1.', true],
  ['less', 5, '+1', true],
  ['less', 50, '12', true],
  ['less', 5, '1.25', true],
  ['less', 5, '.25', true],
  ['less', 5, '1e-1', true],
  ['less', 5, '1e-10', true],
  ['less', 5, '', false],
  ['less', 5, ' ', false],
  ['less', 5, '1x', false],
  ['less', 5, 'x1', false],
  ['less', 5, '0x1', false],
  ['less', 5, '-Infinity', false],
  ['less', 5, null, false],
  ['less', 5, false, false],
  ['less', 5, [], false],
  ['less', 5, [1], false],
  ['less_or_equal', 3, 3, true],
  ['less_or_equal', 3, 3.1, false],
  ['greater', 'x', 4, false],
  ['less', 'x', 4, false],
  ['greater_or_equal', undefined, 4, false],
  ['less_or_equal', undefined, -4, false],
  ['in', [401, 403], '403', true],
  ['in', ['a'], 'b', false],
  ['in', 'abc', 'abc', false],
  ['in', [null], null, false],
  ['in', [true], 'true', true],
  ['not_in', 'abc', 'abc', true],
  ['empty', undefined, ' ', false],
  ['empty', undefined, { a: 1 }, false],
  ['empty', undefined, [null], false],
  ['exists', undefined, false, true],
]

test.each(finer)('compileTest() of %s %j with %j is %s', (operator, value, found, holds) => {
  expect(verdict(operator, value, found)).toBe(holds)
})

test('compileTest() takes no time over a text of digits that is no number', () => {
  expect(verdict('less', 5, `${'1'.repeat(500_000)}x`)).toBe(false)
  expect(verdict('less', 5, `${' '.repeat(500_000)}x`)).toBe(false)
})

function verdict(
  operator: RuleOperator,
  value: RuleCondition['value'],
  found: Json | undefined,
): boolean {
  const condition = { path: 'data', operator, ...(value === undefined ? {} : { value }) }
  return compileTest(condition)(found)
}
