import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { scenes } from '../demo/scenes.ts'

const run = promisify(execFile)

test('the demo plays every scene, ends by itself with 0, and says that all of it happened', async () => {
  const { stdout } = await run(process.execPath, ['test/demo/demo.ts'], { timeout: 240_000 })
  for (const { title } of scenes) expect(stdout).toContain(title)
  expect(stdout.trimEnd().split('\n').at(-1)).toBe('Everything happened as it must.')
})
