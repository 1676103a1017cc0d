import { describe, expect, test } from 'vitest'
import { connectionKey, resolveCall } from '../../runtime/call/resolve.ts'
import type { CallRequest } from '../../runtime/model/call.ts'
import type { Connection } from '../../runtime/model/connection.ts'
import { asConnectorName } from '../../runtime/model/ids.ts'
import { World } from '../support/world.ts'

const open = `
base_url: https://api.acme.example
methods: { get: { path: /things, response_fields: [a, b] }, list: { path: / } }
`
const locked = `${open}auth: basic\n`

/** Resolves in a world whose stored connection is as the test says. */
function resolve(
  definition: string,
  request: Partial<CallRequest> = {},
  stored: Partial<Connection> | null = {},
) {
  const { catalogue, connections } = new World({ definition, vendor: () => ({}) }).registry()
  const get: typeof connections.get = async (key) => {
    const connection = await connections.get(key)
    return stored === null || connection === null ? null : { ...connection, ...stored }
  }
  const whole = { tenant: 't', connector: 'acme', method: 'get', ...request }
  return resolveCall(whole, { catalogue, connections: { ...connections, get } }, () => 'made-up')
}

describe('resolveCall()', () => {
  test('fills in what a caller leaves out', async () => {
    const call = await resolve(open)
    expect(call).toMatchObject({
      id: 'made-up',
      input: {},
      step: null,
      cycle: { id: '', stepId: '', variables: {}, serviceDomain: '' },
      idempotencyKey: 'made-up',
      retries: 0,
      context: 'RUNNING_TRANSACTION',
      fieldsInUse: ['a', 'b'],
      fields: null,
      connection: { tenant: 't', id: 'none', connector: 'acme', state: 'active', reason: null },
    })
    expect(call.connection.renewal).toEqual({
      count: 0,
      lastAt: null,
      failures: 0,
      lastFailure: null,
      coolingUntil: null,
    })
  })

  test('needs no connection where the connector has no use for one', async () => {
    const named = { connection: 'nobody' }
    expect((await resolve(open, named, null)).connection.id).toBe('none')
    expect((await resolve(open, named)).connection.id).toBe('nobody')
    const keyed = `${open}properties: { Region: { in: query } }\n`
    await expect(resolve(keyed, named, null)).rejects.toMatchObject({ reason: 'sessionMissing' })
  })

  test('takes what a caller gives', async () => {
    const request = {
      connection: 'c',
      input: { a: 1 },
      step: { file: 's.js', source: '' },
      cycle: { id: 'cy', stepId: 'st', variables: { v: 1 }, serviceDomain: 'd' },
      idempotencyKey: 'k',
      retries: 2,
      context: 'STEP_TESTING',
      fieldsInUse: ['a'],
      fields: { a: 1 },
    } as const
    const { connection, ...rest } = request
    const call = await resolve(open, request)
    expect(call).toMatchObject(rest)
    expect(call.connection.id).toBe(connection)
  })

  test('needs a connection where the connector has authentication', async () => {
    expect((await resolve(locked, { connection: 'c' })).connection.id).toBe('c')
    await expect(resolve(locked, {}, null)).rejects.toMatchObject({
      type: 'InvalidCredential',
      reason: 'sessionMissing',
    })
    await expect(resolve(locked, { connection: 'c' }, null)).rejects.toMatchObject({
      reason: 'sessionMissing',
    })
  })

  test('takes no connection of another connector, and none that is disabled', async () => {
    const other = { connector: asConnectorName('other') }
    await expect(resolve(locked, { connection: 'c' }, other)).rejects.toMatchObject({
      type: 'InvalidCredential',
      reason: 'sessionMissing',
      message: expect.stringContaining('other'),
    })
    const disabled = { state: 'sessionInactive', reason: 'not paid' } as const
    await expect(resolve(locked, { connection: 'c' }, disabled)).rejects.toMatchObject({
      type: 'InvalidCredential',
      reason: 'sessionInactive',
      message: expect.stringContaining('not paid'),
    })
    for (const state of ['sessionInvalid', 'sessionExpired', 'sessionNotVerified'] as const) {
      expect((await resolve(locked, { connection: 'c' }, { state })).connection.state).toBe(state)
    }
  })

  test.each([
    [{ connector: 'acne' }, 'unknown-connector', 'did you mean `acme`?'],
    [{ connector: 'something else' }, 'unknown-connector', '`something else`'],
    [{ method: 'gets' }, 'unknown-method', 'did you mean `get`?'],
  ])('suggests a name for %j', async (request, reason, words) => {
    await expect(resolve(open, request)).rejects.toMatchObject({
      type: 'DefinitionInvalid',
      reason,
      message: expect.stringContaining(words),
    })
  })
})

describe('connectionKey()', () => {
  test.each([
    ['', 'c', 'missingFields'],
    [undefined as unknown as string, 'c', 'missingFields'],
    ['a b', 'c', 'entityInvalid'],
    ['t', '../c', 'entityInvalid'],
    ['t', '', 'entityInvalid'],
  ])('refuses %j and %j as %s', (tenant, connection, errorCode) => {
    expect(() => connectionKey(tenant, connection)).toThrow(expect.objectContaining({ errorCode }))
  })

  test('takes names', () => {
    expect(connectionKey('t', 'a.b_c@d-1')).toEqual({ tenant: 't', id: 'a.b_c@d-1' })
  })
})
