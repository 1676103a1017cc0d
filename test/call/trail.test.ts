import { expect, test } from 'vitest'
import { TrailRecorder } from '../../runtime/call/trail.ts'

function recorder() {
  let now = 100
  const trail = new TrailRecorder(
    () => now,
    (text) => text.replaceAll('secret', '***'),
  )
  const pass = (ms: number) => {
    now += ms
  }
  return { trail, pass }
}

const warning = (message: string) => ({ kind: 'warning', message }) as const

test('TrailRecorder counts attempts, and the time since the call began', () => {
  const { trail, pass } = recorder()
  trail.begin('first')
  pass(10.06)
  trail.end('recover by refresh')
  pass(5)
  trail.begin('replay', 2)
  pass(1)
  trail.end('accept')
  expect(trail.trail()).toMatchObject({
    ms: 16.1,
    attempts: [
      { number: 1, cause: 'first', at: 0, ms: 10.1, verdict: 'recover by refresh' },
      { number: 2, cause: 'replay', page: 2, at: 15.1, ms: 1, verdict: 'accept' },
    ],
  })
})

test('TrailRecorder gives a step between attempts to the one before', () => {
  const { trail } = recorder()
  trail.begin('first')
  trail.end('recover by refresh')
  trail.add(warning('between'))
  trail.begin('replay')
  trail.end('accept')
  expect(trail.trail().attempts.map(({ steps }) => steps)).toEqual([[warning('between')], []])
})

test('TrailRecorder keeps a step that came before the first attempt', () => {
  const { trail, pass } = recorder()
  trail.add(warning('before'))
  pass(7)
  trail.begin('first')
  pass(3)
  trail.end('accept')
  expect(trail.trail().attempts).toMatchObject([{ at: 0, ms: 10, steps: [warning('before')] }])
})

test('TrailRecorder shows what failed before any attempt, and nothing where nothing happened', () => {
  const { trail } = recorder()
  expect(trail.trail().attempts).toEqual([])
  trail.add(warning('before'))
  expect(trail.trail().attempts).toMatchObject([{ number: 1, cause: 'first', verdict: 'failure' }])
})

test('TrailRecorder redacts every text, and rounds milliseconds', () => {
  const { trail } = recorder()
  trail.begin('first')
  trail.add({ kind: 'wait', ms: 1.26, because: 'a secret' })
  expect(trail.trail().attempts[0]?.steps).toEqual([{ kind: 'wait', ms: 1.3, because: 'a ***' }])
})
