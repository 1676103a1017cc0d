import { describe, expect, test } from 'vitest'
import type { Outcome, Step } from '../../runtime/model/call.ts'
import { CallFailure, type FailureDetail, type FailureType } from '../../runtime/model/failure.ts'
import { asCallId } from '../../runtime/model/ids.ts'
import {
  type Circumstances,
  mayBegin,
  type Repeats,
  settle,
  settleThrown,
} from '../../runtime/worker/settlement.ts'

const now = Date.parse('2026-01-01T00:00:00Z')
const request: Step = { kind: 'request', verb: 'POST', url: '/', ms: 1, status: 200, bytes: 0 }

function circumstances(over: Partial<Circumstances> = {}): Circumstances {
  return { attempt: 1, mostAttempts: 5, repeats: 'freely', now, random: () => 1, ...over }
}

function failed(type: FailureType, detail: FailureDetail = {}, steps: readonly Step[] = [request]) {
  const attempt = { number: 1, cause: 'first', at: 0, ms: 1, verdict: 'reject', steps } as const
  const trail = { startedAt: new Date(now), ms: 1, attempts: [attempt] }
  const failure = new CallFailure(type, 'x', detail)
  const outcome: Outcome = { kind: 'failure', failure, call: asCallId('x'), trail }
  return outcome
}

describe('settle()', () => {
  test.each(['success', 'warning', 'stopped'] as const)('of %s is done', (kind) => {
    const outcome = { kind, call: '', trail: { startedAt: new Date(), ms: 0, attempts: [] } }
    expect(settle(outcome as unknown as Outcome, circumstances()).state).toBe('done')
  })

  test.each([
    ['Default', {}, 'dead', 'dead', 'dead'],
    ['HttpError', { httpCode: 404 }, 'dead', 'dead', 'dead'],
    ['HttpError', { httpCode: 503 }, 'waiting', 'dead', 'dead'],
    ['InvalidCredential', {}, 'parked', 'parked', 'doubtful'],
    ['ExpiredToken', {}, 'parked', 'parked', 'doubtful'],
    ['AuthRefreshFailed', {}, 'waiting', 'waiting', 'doubtful'],
    ['AuthRefreshFailed', { reason: 'rejected-again' }, 'parked', 'parked', 'doubtful'],
    ['AuthSessionFailed', {}, 'waiting', 'waiting', 'doubtful'],
    ['AuthSessionFailed', { reason: 'rejected-again' }, 'parked', 'parked', 'doubtful'],
    ['RateLimited', {}, 'waiting', 'waiting', 'doubtful'],
    ['Timeout', {}, 'waiting', 'doubtful', 'doubtful'],
    ['ConnectionError', {}, 'waiting', 'doubtful', 'doubtful'],
    ['ResponseParseError', {}, 'dead', 'dead', 'dead'],
    ['ResponseTooLarge', {}, 'dead', 'dead', 'dead'],
    ['RequestForbidden', {}, 'dead', 'dead', 'dead'],
    ['ScriptError', {}, 'dead', 'dead', 'dead'],
    ['ScriptTimeout', {}, 'dead', 'dead', 'dead'],
    ['ScriptMemoryLimit', {}, 'dead', 'dead', 'dead'],
    ['DefinitionInvalid', {}, 'dead', 'dead', 'dead'],
  ] as const)('of %s %j is %s, or %s if it may not be repeated, or %s if never', (...row) => {
    const [type, detail, ...states] = row
    const found = (['freely', 'if-refused', 'never'] as const).map(
      (repeats) => settle(failed(type, detail), circumstances({ repeats })).state,
    )
    expect(found).toEqual(states)
  })

  test.each([
    ['InvalidCredential', 'parked'],
    ['AuthRefreshFailed', 'waiting'],
    ['Timeout', 'dead'],
  ] as const)(
    'of %s before anything was sent is %s even where it may never be repeated',
    (...row) => {
      const [type, state] = row
      expect(settle(failed(type, {}, []), circumstances({ repeats: 'never' })).state).toBe(state)
    },
  )

  test('waits twice as long each time, at least half of it, up to a quarter of an hour', () => {
    const waits = (random: () => number) =>
      [1, 2, 3, 11, 40].map(
        (attempt) =>
          settle(failed('Timeout'), circumstances({ attempt, mostAttempts: 99, random })).delayMs,
      )
    expect(waits(() => 1)).toEqual([1_000, 2_000, 4_000, 900_000, 900_000])
    expect(waits(() => 0)).toEqual([500, 1_000, 2_000, 450_000, 450_000])
  })

  test('never comes before the vendor’s own time, nor long after it', () => {
    const outcome = failed('RateLimited', { retryAt: new Date(now + 60_000) })
    const early = settle(outcome, circumstances({ random: () => 0 }))
    expect(early).toEqual({ state: 'waiting', delayMs: 60_000, because: 'retry-at' })
    expect(settle(outcome, circumstances()).delayMs).toBe(61_000)
  })

  test.each(['Timeout', 'RateLimited', 'AuthRefreshFailed'] as const)(
    'gives %s up after the last attempt',
    (type) => {
      for (const retryAt of [undefined, new Date(now)]) {
        const outcome = failed(type, retryAt ? { retryAt } : {})
        expect(settle(outcome, circumstances({ attempt: 5 }))).toMatchObject({
          state: 'dead',
          because: 'attempts-exhausted',
        })
      }
    },
  )
})

describe('settleThrown()', () => {
  test.each([
    ['freely', 'waiting'],
    ['if-refused', 'doubtful'],
    ['never', 'doubtful'],
  ] as const)('of what may be repeated %s is %s', (repeats, state) => {
    expect(settleThrown(circumstances({ repeats })).state).toBe(state)
  })
})

describe('mayBegin()', () => {
  test.each([
    [0, 'never', true],
    [1, 'freely', true],
    [1, 'if-refused', false],
    [1, 'never', false],
  ] as const)('after %i lost attempts of what repeats %s is %s', (lost, repeats, expected) => {
    expect(mayBegin({ lost }, repeats as Repeats)).toBe(expected)
  })
})
