import { expect, test } from 'vitest'
import { runScript } from './support.ts'

test('dialect 14.18 console writes to the trail, by level, without secrets', async () => {
  const { outcome } = await runScript(
    `console.log('a', { b: 1 }, 2); console.info('i'); console.warn('w'); console.error('e')
     console.debug(script_parameters.Password); return 1`,
    { Password: 'a-password' },
  )
  const log = outcome.trail.attempts.flatMap(({ steps }) =>
    steps.flatMap((step) => (step.kind === 'log' ? [[step.level, step.text]] : [])),
  )
  expect(log).toEqual([
    ['info', 'a {"b":1} 2'],
    ['info', 'i'],
    ['warn', 'w'],
    ['error', 'e'],
    ['debug', '[secret]'],
  ])
})
