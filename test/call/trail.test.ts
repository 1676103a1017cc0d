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

test('TrailRecorder leaves out logs past its bound, says so once, and tells the rest in short', () => {
  const { trail } = recorder()
  const url = `https://acme.example/${'x'.repeat(10_000)}`
  for (let page = 1; page <= 1_000; page++) {
    trail.begin('first', page)
    trail.add({ kind: 'log', level: 'info', text: 'x'.repeat(60_000) })
    trail.add({ kind: 'request', verb: 'GET', url, ms: 1, status: 200, bytes: 1 })
    trail.end('accept')
  }
  const { attempts } = trail.trail()
  const steps = attempts.flatMap((attempt) => attempt.steps)
  expect(JSON.stringify(steps).length).toBeLessThan(3 * 1024 * 1024)
  expect(attempts.at(0)?.steps).toMatchObject([{ kind: 'log' }, { url }])
  expect(attempts.at(-1)?.steps).toMatchObject([{ kind: 'request', url: url.slice(0, 100) }])
  expect(steps.filter(({ kind }) => kind === 'warning')).toHaveLength(1)
})

test('last() is the attempt that ended last', () => {
  const { trail } = recorder()
  expect(trail.last().steps).toEqual([])
  for (const text of ['one', 'two']) {
    trail.begin('first')
    trail.add(warning(text))
    trail.end('accept')
  }
  trail.begin('retry')
  expect(trail.last().steps).toEqual([warning('two')])
})
