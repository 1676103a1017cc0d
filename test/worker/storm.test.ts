import { expect, test } from 'vitest'
import { complaintsOf, weatherStorm } from './storm.ts'

test('nothing acknowledged is lost, and nothing unsafe is done twice, whatever is killed', async () => {
  const toll = await weatherStorm({
    ...{ jobs: 160, workers: 2, betweenMs: 1_500 },
    blows: ['worker', 'sandbox', 'postgres', 'worker'],
  })
  expect(complaintsOf(toll)).toEqual([])
  expect(toll.killed).toMatchObject({ worker: 2, postgres: 1 })
  // Some were in the air when they struck, or nothing was tried.
  expect([...toll.states.values()]).toContain('doubtful')
  expect(toll.acknowledged.size).toBeGreaterThanOrEqual(160)
}, 120_000)
