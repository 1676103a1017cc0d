import { describe, expect, test } from 'vitest'
import { retryDelay } from '../../runtime/call/retry.ts'
import type { Call } from '../../runtime/model/call.ts'
import type { Method } from '../../runtime/model/connector.ts'
import { CallFailure, type FailureDetail, type FailureType } from '../../runtime/model/failure.ts'

type Over = Partial<Pick<Method, 'verb' | 'replay' | 'idempotencyKey'>>

function call(retries: number, over: Over = {}): Call {
  const method = { verb: 'GET', replay: 'always', idempotencyKey: null, ...over }
  return { retries, method } as unknown as Call
}

const quiet = { steps: [] }

const failed = (type: FailureType, detail: FailureDetail = {}) =>
  ({ kind: 'reject', failure: new CallFailure(type, 'x', detail) }) as const

describe('retryDelay()', () => {
  test.each([
    ['Timeout', {}, 500],
    ['ConnectionError', {}, 500],
    ['HttpError', { httpCode: 500 }, 500],
    ['HttpError', { httpCode: 599 }, 500],
    ['HttpError', { httpCode: 408 }, 500],
    ['HttpError', { httpCode: 423 }, 500],
    ['HttpError', { httpCode: 425 }, 500],
    ['HttpError', { httpCode: 429 }, 500],
    ['HttpError', { httpCode: 499 }, null],
    ['HttpError', { httpCode: 404 }, null],
    ['HttpError', {}, null],
    ['Timeout', { reason: 'call-deadline' }, null],
    ['Default', { httpCode: 503 }, null],
    ['ScriptError', {}, null],
    ['AuthRefreshFailed', { httpCode: 503 }, null],
  ] as const)('of %s %j is %s', (type, detail, delay) => {
    expect(retryDelay(call(1), { verdict: failed(type, detail), attempt: quiet, retried: 0 })).toBe(
      delay,
    )
  })

  test('doubles, up to half a minute, as often as asked', () => {
    const verdict = failed('Timeout')
    const delays = [0, 1, 2, 5, 6, 7].map((retried) =>
      retryDelay(call(8), { verdict, attempt: quiet, retried }),
    )
    expect(delays).toEqual([500, 1000, 2000, 16_000, 30_000, 30_000])
    expect(retryDelay(call(8), { verdict, attempt: quiet, retried: 8 })).toBeNull()
  })

  test('is null for every verdict but a rejection, and for what may not be repeated', () => {
    const accepted = { kind: 'accept', content: null, status: 200 } as const
    const lost = failed('Timeout')
    const first = { attempt: quiet, retried: 0 }
    expect(retryDelay(call(1), { verdict: accepted, ...first })).toBeNull()
    expect(retryDelay(call(1, { verb: 'POST' }), { verdict: lost, ...first })).toBeNull()
  })

  test('is null where a script sent on its way what must not be sent twice', () => {
    const request = {
      kind: 'request',
      verb: 'POST',
      url: '/',
      ms: 1,
      status: 201,
      bytes: 0,
    } as const
    const tried = { verdict: failed('Timeout'), attempt: { steps: [request] }, retried: 0 }
    expect(retryDelay(call(1), tried)).toBeNull()
  })
})
