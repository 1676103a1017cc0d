import { describe, expect, test } from 'vitest'
import { mayRepeat, retryDelay } from '../../runtime/call/retry.ts'
import type { Call } from '../../runtime/model/call.ts'
import type { Method } from '../../runtime/model/connector.ts'
import { CallFailure, type FailureDetail, type FailureType } from '../../runtime/model/failure.ts'

type Over = Partial<Pick<Method, 'verb' | 'replay' | 'idempotencyKey'>>

function call(retries: number, over: Over = {}): Call {
  const method = { verb: 'GET', replay: 'always', idempotencyKey: null, ...over }
  return { retries, method } as unknown as Call
}

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
    expect(retryDelay(call(1), failed(type, detail), 0)).toBe(delay)
  })

  test('doubles, up to half a minute, as often as asked', () => {
    const delays = [0, 1, 2, 5, 6, 7].map((retried) =>
      retryDelay(call(8), failed('Timeout'), retried),
    )
    expect(delays).toEqual([500, 1000, 2000, 16_000, 30_000, 30_000])
    expect(retryDelay(call(8), failed('Timeout'), 8)).toBeNull()
  })

  test('is null for every verdict but a rejection, and for what may not be repeated', () => {
    expect(retryDelay(call(1), { kind: 'accept', content: null, status: 200 }, 0)).toBeNull()
    expect(retryDelay(call(1, { verb: 'POST' }), failed('Timeout'), 0)).toBeNull()
  })
})

describe('mayRepeat()', () => {
  const key = { place: 'header', name: 'Idempotency-Key' } as const
  test.each([
    [{ verb: 'GET' }, true],
    [{ verb: 'HEAD' }, true],
    [{ verb: 'OPTIONS' }, true],
    [{ verb: 'PUT' }, true],
    [{ verb: 'DELETE' }, true],
    [{ verb: 'POST' }, false],
    [{ verb: 'PATCH' }, false],
    [{ verb: 'POST', idempotencyKey: key }, true],
    [{ verb: 'POST', idempotencyKey: key, replay: 'never' }, false],
    [{ verb: 'GET', replay: 'never' }, false],
  ] as const)('of %j is %s (RFC 9110 section 9.2.2)', (over, expected) => {
    expect(mayRepeat(call(0, over))).toBe(expected)
  })
})
