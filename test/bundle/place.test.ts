/** The way back from a stack in a bundle to what its author has before them. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { bundleScript } from '../../runtime/bundle/bundle.ts'
import { whereaboutsOf } from '../../runtime/bundle/place.ts'
import { useSandbox } from '../sandbox/support.ts'
import { temporaryFolder } from '../store/temporary-folder.ts'

const sandbox = useSandbox()

/** Bundles `main.ts` with packages in a folder, runs it, and says where it threw. */
async function thrownBy(main: string, packages: Readonly<Record<string, string>>, lib = '') {
  const home = temporaryFolder()
  for (const [name, source] of Object.entries(packages)) {
    const folder = join(home, 'node_modules', name)
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, main: 'main.js' }))
    writeFileSync(join(folder, 'main.js'), source)
  }
  const readFile = (path: string) => (path === 'lib.ts' ? lib : null)
  const { source, map } = await bundleScript({
    file: 'main.ts',
    source: main,
    folder: home,
    readFile,
  })
  const result = await sandbox.run({ connector: source })
  if (result.kind !== 'threw' || map === null) throw new Error('it did not throw')
  return whereaboutsOf(result.positions, [{ file: 'scripts/connector.js', source, map }])
}

const strict = {
  strict: 'exports.check = function (value) {\n  if (!value) throw new Error("no value")\n}',
}

describe('whereaboutsOf()', () => {
  test('leads to the author’s own call, and names the place in the package', async () => {
    const main =
      'import { check } from "strict"\n\nexport function after_action() {\n  check(null)\n}'
    const found = await thrownBy(main, strict)
    expect(found).toEqual({
      place: { file: 'main.ts', line: 4, column: 3, source: expect.stringContaining(main) },
      thrownIn: { file: 'node_modules/strict/main.js', line: 2, column: 21 },
    })
  })

  test('takes the nearest of the author’s files, through a package that calls back', async () => {
    const lib =
      'import { check } from "strict"\nexport function all(values: unknown[]) {\n  values.forEach(v => check(v))\n}'
    const main = 'import { all } from "./lib.ts"\nexport function after_action() { all([null]) }'
    expect(await thrownBy(main, strict, lib)).toMatchObject({
      place: { file: 'lib.ts', line: 3, column: 23 },
    })
  })

  test.each([
    ['throws while it loads', { early: 'throw new Error("too early")' }],
    [
      'recurses until no frame of the author’s is kept',
      {
        early: 'exports.go = function go(n) { if (n === 0) throw new Error("deep"); go(n - 1) }',
      },
    ],
  ])('leads to the import of a package that %s', async (_what, packages) => {
    const main =
      '// first\nimport * as early from "early"\nexport function after_action() { early.go(100) }'
    expect(await thrownBy(main, packages)).toMatchObject({
      place: { file: 'main.ts', line: 2 },
      thrownIn: { file: 'node_modules/early/main.js', line: 1 },
    })
  })

  test('finds nothing where no script is meant', () => {
    const script = { file: 'a.js', source: 'x' }
    expect(whereaboutsOf([], [script])).toBeNull()
    expect(whereaboutsOf(['b.js:1:1', 'nonsense'], [script])).toBeNull()
    expect(whereaboutsOf(['b.js:1:1', 'a.js:1:1'], [script])).toMatchObject({
      place: { file: 'a.js' },
    })
  })
})
