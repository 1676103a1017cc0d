import { expect, test } from 'vitest'
import { outcomeText } from '../../../bin/print/outcome.ts'
import { trailText } from '../../../bin/print/trail.ts'
import type { Attempt, Outcome, Step, Trail } from '../../../runtime/model/call.ts'
import { CallFailure } from '../../../runtime/model/failure.ts'
import { asCallId } from '../../../runtime/model/ids.ts'

const plain = (_colour: string, text: string) => text

const request: Step = {
  kind: 'request',
  verb: 'POST',
  url: 'https://api.vendor.example/orders',
  ms: 30.6,
  status: 200,
  bytes: 84,
}

const renewal: Step = {
  kind: 'renewal',
  by: 'session',
  ms: 18.2,
  result: 'renewed',
  generation: 1,
  because: 'AuthSessionException in scripts/main.js:3:11',
  steps: [{ ...request, url: 'https://api.vendor.example/login', ms: 12 }],
}

const first: Attempt = {
  number: 1,
  cause: 'first',
  at: 0,
  ms: 34.1,
  verdict: 'recover by session',
  steps: [
    request,
    {
      kind: 'hook',
      event: 'after_action',
      ms: 3.1,
      result: 'threw',
      thrown: 'AuthSessionException',
      level: 'connector',
    },
    renewal,
  ],
}

const second: Attempt = {
  number: 2,
  cause: 'replay',
  at: 53,
  ms: 1204,
  verdict: 'accept',
  steps: [request, { kind: 'log', level: 'info', text: 'two\nlines' }],
}

const trail: Trail = { startedAt: new Date(0), ms: 1257, attempts: [first, second] }

test('trailText() tells attempts and renewals in their order, with the times in one column', () => {
  expect(trailText(trail, plain).split('\n')).toEqual([
    '    34 ms  attempt 1',
    '    31 ms  ├─ request       POST https://api.vendor.example/orders → 200, 84 B',
    '   3.1 ms  ├─ after_action  threw AuthSessionException (connector script)',
    '           └─ verdict       recover by session',
    '    18 ms  session: renewed, generation 1 ← AuthSessionException in scripts/main.js:3:11',
    '    12 ms  └─ request  POST https://api.vendor.example/login → 200, 84 B',
    '   1.20 s  attempt 2 · replay · 53 ms after the start',
    '    31 ms  ├─ request       POST https://api.vendor.example/orders → 200, 84 B',
    '           ├─ log info      two ⏎ lines',
    '           └─ verdict       accept',
  ])
})

test('trailText() keeps a renewal that came before the request in its attempt', () => {
  const attempt: Attempt = {
    ...second,
    number: 1,
    cause: 'first',
    at: 0,
    steps: [renewal, request],
  }
  expect(trailText({ ...trail, attempts: [attempt] }, plain).split('\n')).toEqual([
    '   1.20 s  attempt 1',
    '    18 ms  ├─ session  renewed, generation 1 ← AuthSessionException in scripts/main.js:3:11',
    '    12 ms  │  └─ request  POST https://api.vendor.example/login → 200, 84 B',
    '    31 ms  ├─ request  POST https://api.vendor.example/orders → 200, 84 B',
    '           └─ verdict  accept',
  ])
})

test('trailText() and outcomeText() tell pages, where there are several', () => {
  const attempts = [
    { ...second, page: 1, cause: 'first' as const },
    { ...second, page: 2 },
  ]
  expect(trailText({ ...trail, attempts }, plain)).toContain('attempt 2 · page 2 · replay ·')
  const outcome: Outcome = {
    ...{ kind: 'success', content: [], status: 200, call },
    trail: { ...trail, attempts },
  }
  expect(outcomeText(outcome, plain)).toBe('✓ success 200 · 2 attempts · 2 pages · 1.26 s')
})

const call = asCallId('c1')

test.each<[string, Outcome, string]>([
  [
    'a success, and what it took',
    { kind: 'success', content: null, status: 201, call, trail },
    '✓ success 201 · 2 attempts · logged in once · 1.26 s',
  ],
  [
    'a failure, and when to try again',
    {
      kind: 'failure',
      call,
      trail: { ...trail, attempts: [] },
      failure: new CallFailure('RateLimited', 'too\nmany', { retryAt: new Date(0) }),
    },
    '✗ RateLimited: too ⏎ many\n  Try again after 1970-01-01T00:00:00.000Z.',
  ],
  [
    'a failure that a handler took',
    {
      kind: 'failure',
      call,
      trail: { ...trail, attempts: [] },
      failure: new CallFailure('Default', 'no'),
      handled: { index: 2, componentId: 'support.judge', output: {} },
    },
    '✗ Default: no, taken by handler 2 (support.judge)',
  ],
])('outcomeText() tells %s', (_what, outcome, text) => {
  expect(outcomeText(outcome, plain)).toBe(text)
})
