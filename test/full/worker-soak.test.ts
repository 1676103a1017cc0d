import { expect, test } from 'vitest'
import { soakWorker } from '../bench/worker-soak.ts'

/** Shorter than the soak of an hour, so what warms up late counts here, and the bound is wider. */
test('a worker’s memory does not grow with the jobs that it has done', async () => {
  const { calls, growth, samples } = await soakWorker(2)
  expect(calls).toBeGreaterThan(5_000)
  expect(growth, samples.map(Math.round).join(' ')).toBeLessThan(1.25)
}, 240_000)
