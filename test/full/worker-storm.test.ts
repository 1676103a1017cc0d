import { expect, test } from 'vitest'
import { type Blow, complaintsOf, weatherStorm } from '../worker/storm.ts'

test('a longer storm: nothing acknowledged is lost, and nothing unsafe is done twice', async () => {
  const round: readonly Blow[] = ['worker', 'sandbox', 'worker', 'postgres', 'sandbox', 'worker']
  const blows = Array.from({ length: 5 }, () => round).flat()
  const toll = await weatherStorm({ jobs: 1_000, workers: 3, betweenMs: 1_500, blows })
  expect(complaintsOf(toll)).toEqual([])
  expect(toll.killed).toMatchObject({ worker: 15, postgres: 5 })
  expect([...toll.states.values()]).toContain('doubtful')
}, 240_000)
