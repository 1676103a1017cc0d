import { expect, test } from 'vitest'
import { soakWorker } from '../bench/worker-soak.ts'

test('a worker at full load keeps as much at the end as when it was warm', async () => {
  const { calls, growth } = await soakWorker(1)
  expect(calls).toBeGreaterThan(1_000)
  expect(growth).toBeLessThanOrEqual(1.15)
}, 180_000)
