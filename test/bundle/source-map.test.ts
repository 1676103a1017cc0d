import { expect, test } from 'vitest'
import { codeFrame, originalPosition } from '../../runtime/bundle/source-map.ts'

const source = 'one\ntwo\n\tthree\nfour\nfive\nsix'

test('codeFrame() marks the column, with two lines on each side', () => {
  expect(codeFrame(source, 3, 4)).toBe(
    ['  1 | one', '  2 | two', '> 3 |  three', '    |    ^', '  4 | four', '  5 | five'].join('\n'),
  )
  expect(codeFrame(source, 1, 1)).toBe(
    ['> 1 | one', '    | ^', '  2 | two', '  3 |  three'].join('\n'),
  )
  expect(codeFrame(source, 6, 99)).toBe(
    ['  4 | four', '  5 | five', '> 6 | six', '    |    ^'].join('\n'),
  )
})

test('codeFrame() keeps line numbers in a column', () => {
  const frame = codeFrame('x\n'.repeat(12), 9, 1)
  expect(frame.split('\n').map((row) => row.slice(0, 6))).toEqual([
    '   7 |',
    '   8 |',
    '>  9 |',
    '     |',
    '  10 |',
    '  11 |',
  ])
})

test('codeFrame() shows the middle of a line that is too long', () => {
  const long = `${'a'.repeat(500)}!${'b'.repeat(500)}`
  const [row, mark] = codeFrame(long, 1, 501).split('\n')
  expect(row?.length).toBe('> 1 | '.length + 122)
  expect(row?.[mark?.indexOf('^') ?? -1]).toBe('!')
  expect(codeFrame(long, 1, 1).startsWith('> 1 | aaa')).toBe(true)
})

test('codeFrame() is empty for a line that is not there', () => {
  expect(codeFrame(source, 0, 1)).toBe('')
  expect(codeFrame(source, 7, 1)).toBe('')
})

test('originalPosition() finds nothing where the map says nothing', () => {
  const map = {
    version: 3,
    sources: ['a.ts'],
    sourcesContent: ['x'],
    names: [],
    mappings: ';CAAA',
  } as const
  expect(originalPosition(map, 2, 2)).toEqual({ file: 'a.ts', line: 1, column: 1 })
  expect(originalPosition(map, 2, 9)).toEqual({ file: 'a.ts', line: 1, column: 1 })
  expect(originalPosition(map, 1, 1)).toBeNull()
  expect(originalPosition(map, 3, 1)).toBeNull()
})
