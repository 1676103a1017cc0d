/** What a call ends with: what is kept of it, and what nobody may read in it. */
import { describe, expect, test } from 'vitest'
import { conclude, withoutSecrets } from '../../runtime/call/conclude.ts'
import { CallFailure, type FailureDetail } from '../../runtime/model/failure.ts'
import { Secret } from '../../runtime/model/secret.ts'
import { tokens, World, type WorldOptions } from '../support/world.ts'
import { openTrip } from './trip.ts'

describe('withoutSecrets()', () => {
  const redact = (text: string) => text.replaceAll('s3cret', '[secret]')
  const detail = {
    reason: 'no-token',
    httpCode: 429,
    retryAt: new Date(5000),
    blockIndex: 0,
    position: 's.js:1:2',
    thrownIn: 'node_modules/a/b.js:3:1',
    frame: '> 1 | let a = 1',
  } as const satisfies FailureDetail

  test('gives a failure without any as it is', () => {
    const cause = new RangeError('s3cret')
    const failure = new CallFailure('RateLimited', 'clean', { ...detail, cause })
    expect(withoutSecrets(failure, redact)).toBe(failure)
    const bare = new CallFailure('Timeout', 'clean')
    expect(withoutSecrets(bare, redact)).toBe(bare)
  })

  test('takes them from the message, and keeps everything else', () => {
    const failure = new CallFailure('RateLimited', 'it is s3cret', detail)
    const clean = withoutSecrets(failure, redact)
    expect(clean).toMatchObject({ ...detail, type: 'RateLimited', message: 'it is [secret]' })
    const bare = withoutSecrets(new CallFailure('Timeout', 's3cret'), redact)
    expect(bare.toJSON()).toEqual(new CallFailure('Timeout', '[secret]').toJSON())
    expect(bare.cause).toBeUndefined()
  })

  test.each<[FailureDetail, object]>([
    [{ reason: 's3cret' }, { reason: '[secret]' }],
    [{ frame: 'key = s3cret' }, { frame: 'key = [secret]' }],
    [
      { cause: new CallFailure('HttpError', 's3cret', { httpCode: 400 }) },
      { cause: { type: 'HttpError', message: '[secret]', httpCode: 400 } },
    ],
  ])('takes them from %j', (where, expected) => {
    const failure = new CallFailure('Default', 'clean', where)
    expect(withoutSecrets(failure, redact)).toMatchObject({ message: 'clean', ...expected })
  })
})

describe('conclude()', () => {
  const definition = `
base_url: https://api.acme.example
auth: { type: oauth2, authorization_url: 'https://api.acme.example/a', token_url: 'https://api.acme.example/t' }
methods: { get: { path: /things } }
`
  const worldOf = (options: Partial<WorldOptions> = {}) =>
    new World({ definition, auth: tokens('good'), vendor: () => ({}), ...options })
  const failing = (failure: CallFailure) => ({ kind: 'reject', failure }) as const

  test('marks the connection that its vendor refused, and tells no secret in the reason', async () => {
    const world = worldOf()
    using open = await openTrip(world)
    const { execution } = open
    const secret = execution.placeholders.conceal(new Secret('s3cret'))
    const refused = new CallFailure('InvalidCredential', `no: ${secret}`)
    const outcome = await conclude(failing(refused), execution)
    expect(world.marks).toEqual([{ state: 'sessionInvalid', reason: 'no: [secret]' }])
    expect(outcome).toMatchObject({ kind: 'failure', failure: { message: 'no: [secret]' } })
  })

  test('marks nothing for another failure, and makes nothing active by one', async () => {
    const world = worldOf({ state: 'sessionInvalid' })
    using open = await openTrip(world)
    await conclude(failing(new CallFailure('HttpError', 'HTTP 500')), open.execution)
    await conclude({ kind: 'stop', message: 'stopped' }, open.execution)
    expect(world.marks).toEqual([])
  })

  test('takes secrets from the message of a stop and of a warning', async () => {
    using open = await openTrip(worldOf())
    const message = `it is ${open.execution.placeholders.conceal(new Secret('s3cret'))}`
    expect(await conclude({ kind: 'stop', message }, open.execution)).toMatchObject({
      kind: 'stopped',
      message: 'it is [secret]',
    })
    const warned = { kind: 'warn', content: 1, message, status: null } as const
    expect(await conclude(warned, open.execution)).toMatchObject({
      kind: 'warning',
      message: 'it is [secret]',
      content: 1,
    })
  })

  test('lets a bug of the vault escape', async () => {
    const world = worldOf()
    const bug = new TypeError('a bug')
    const vault = { ...world.ports().vault, mark: () => Promise.reject(bug) }
    using open = await openTrip(world, {}, { vault })
    const refused = failing(new CallFailure('InvalidCredential', 'no'))
    await expect(conclude(refused, open.execution)).rejects.toBe(bug)
  })
})
