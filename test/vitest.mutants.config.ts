import { defineConfig } from 'vitest/config'

/**
 * The tests that hold the middle, the credentials, the rules and the way out to their promises, for
 * `npm run mutants`. Tests that start processes are left out: a planted fault has to be noticed by
 * the tests of its own floor, and thousands of runs have to end in an evening. So is the one that
 * waits for real between retries, by chance longer or shorter: it would notice faults that are none.
 * Test files share a worker, as starting one for each took most of the time.
 */
export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: [
      'test/{call,auth,rules,model}/**/*.test.ts',
      'test/http/{egress,headers,redirect,body,retry-after}.test.ts',
    ],
    exclude: ['test/call/replay-safety.test.ts'],
    isolate: false,
    testTimeout: 5000,
  },
})
