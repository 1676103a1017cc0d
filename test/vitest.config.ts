import { defineConfig } from 'vitest/config'

/**
 * isolated-vm wants `--no-node-snapshot`, which worker threads refuse: hence forks. Two workers, as
 * many tests start processes of their own and the smallest machine we promise has two cores.
 */
export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/**/*.test.ts'],
    exclude: ['**/node_modules/**', 'test/full/**'],
    pool: 'forks',
    execArgv: ['--no-node-snapshot'],
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 30_000,
  },
})
