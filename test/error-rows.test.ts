/**
 * The rows of the error rules (A), error handlers (O) and logins (C): each is the name of a test in
 * the file that `error-rows.json` says. `npm run test:full` sees to it that those tests pass.
 */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import rows from './error-rows.json' with { type: 'json' }

/** In a text, as titles are, and not in a remark. */
function namesRow(source: string, id: string): boolean {
  return new RegExp(`[\`'"][^\`'"\\n]*\\b${id}\\b`).test(
    source.replaceAll(/^\s*(?:\/\/|\/?\*).*$/gm, ''),
  )
}

test('each row is named by a test of its file', () => {
  const unnamed = rows.filter(({ id, file }) => !namesRow(readFileSync(file, 'utf8'), id))
  expect(unnamed).toEqual([])
})

test('no row is left out', () => {
  const ids = (letter: string, from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, index) => `${letter}${from + index}`)
  const all = [
    ...ids('A', 1, 43),
    ...[...ids('O', 1, 15), ...ids('O', 20, 32), ...ids('O', 40, 57)],
    ...[...ids('C', 1, 26), ...ids('C', 30, 42)],
  ]
  expect([...new Set(rows.map(({ id }) => id))]).toEqual(all)
})
