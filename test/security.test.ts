/** What SECURITY.md promises is kept by tests; a promise whose test was renamed or removed is kept by none. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'

const page = readFileSync('SECURITY.md', 'utf8')

/** Of each row of its tables: what it is about, and the tests that it names, by file and title. */
const rows = page.split('\n').flatMap((line) => {
  const cells = line.split('|').slice(1, -1)
  const last = cells.at(-1) ?? ''
  const about = cells.slice(0, -1).join(' ').trim()
  if (cells.length < 2 || /^ (-+|kept by|tests) $/.test(last)) return []
  const named = [...last.matchAll(/`(test\/\S+\.ts)` › (.+?)(?=; `|\s*$)/g)]
  return [{ about, tests: named.map(([, file = '', title = '']) => ({ file, title })) }]
})

/** A test file with the files beside it that it takes its tests from. */
function textOf(file: string): string {
  const own = readFileSync(file, 'utf8')
  const suites = [...own.matchAll(/from '(\.\/[^']*suite\.ts)'/g)].map(([, path = '']) =>
    readFileSync(join(dirname(file), path), 'utf8'),
  )
  return [own, ...suites].join('\n')
}

describe('SECURITY.md', () => {
  test('has a row for each promise, and for each threat of scripts', () => {
    expect(rows.length).toBeGreaterThan(25)
    const threats = rows.map(({ about }) => /^T\d+/.exec(about)?.[0]).filter(Boolean)
    const numbers = [1, 2, 3, 4, 5, 6, 7, 8, 9, 26, 27, 28]
    expect(threats).toEqual(numbers.map((number) => `T${number}`))
  })

  test.each(rows.map(({ about, tests }) => [about, tests] as const))(
    'names tests that are there: %s',
    (_about, tests) => {
      expect(tests).not.toEqual([])
      const missing = tests.filter(
        ({ file, title }) => !existsSync(file) || !textOf(file).includes(title),
      )
      expect(missing).toEqual([])
    },
  )
})

test('the engine that scripts run in is pinned, and every package has its hash', () => {
  const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8'))
  expect(dependencies['isolated-vm']).toMatch(/^\d+\.\d+\.\d+$/)
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
    readonly packages: Readonly<Record<string, { integrity?: string; link?: boolean }>>
  }
  const others = Object.entries(packages).filter(
    ([path, { link }]) => /node_modules/.test(path) && !link,
  )
  expect(others.filter(([, { integrity }]) => !integrity?.startsWith('sha512-'))).toEqual([])
})
