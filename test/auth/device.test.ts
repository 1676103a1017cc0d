import { describe, expect, test } from 'vitest'
import { pollForTokens, readDeviceCode, requestDeviceCode } from '../../runtime/auth/device.ts'
import type { JsonObject } from '../../runtime/model/json.ts'
import { Secret } from '../../runtime/model/secret.ts'
import { errandTo } from './endpoint.ts'

const said = {
  device_code: 'd',
  user_code: 'ABCD-EFGH',
  verification_uri: 'https://vendor.example/device',
  verification_uri_complete: 'https://vendor.example/device?user_code=ABCD-EFGH',
  expires_in: 300,
  interval: 7,
}

function read(over: JsonObject = {}, status = 200) {
  const code = readDeviceCode({
    status,
    contentType: 'application/json',
    body: JSON.stringify({ ...said, ...over }),
  })
  return code && { ...code, deviceCode: code.deviceCode.reveal() }
}

describe('readDeviceCode()', () => {
  const whole = {
    deviceCode: 'd',
    userCode: 'ABCD-EFGH',
    verificationUri: 'https://vendor.example/device',
    verificationUriComplete: 'https://vendor.example/device?user_code=ABCD-EFGH',
    expiresInMs: 300_000,
    intervalMs: 7000,
  }

  test('reads the answer of RFC 8628 section 3.2', () => {
    expect(read()).toEqual(whole)
    expect(read({}, 299)).toEqual(whole)
  })

  test.each<[JsonObject, Partial<Record<keyof typeof whole, unknown>>]>([
    [{ expires_in: '300', interval: '7' }, {}],
    [
      { expires_in: 0, interval: 0 },
      { expiresInMs: 600_000, intervalMs: 5000 },
    ],
    [
      { expires_in: -1, interval: null },
      { expiresInMs: 600_000, intervalMs: 5000 },
    ],
    [
      { expires_in: 'soon', interval: 'Infinity' },
      { expiresInMs: 600_000, intervalMs: 5000 },
    ],
    [{ verification_uri_complete: null }, { verificationUriComplete: null }],
    [{ verification_uri_complete: 'javascript:alert(1)' }, { verificationUriComplete: null }],
    [
      {
        verification_uri: null,
        verification_url: 'http://vendor.example/d',
        verification_uri_complete: null,
        verification_url_complete: 'http://vendor.example/d?c',
      },
      {
        verificationUri: 'http://vendor.example/d',
        verificationUriComplete: 'http://vendor.example/d?c',
      },
    ],
  ])('takes %j', (over, expected) => {
    expect(read(over)).toEqual({ ...whole, ...expected })
  })

  test.each<JsonObject>([
    { device_code: '' },
    { device_code: 7 },
    { user_code: '' },
    { user_code: null },
    { verification_uri: null },
    { verification_uri: 7 },
    { verification_uri: 'no address' },
    { verification_uri: 'javascript:alert(1)' },
    { verification_uri: 'xhttp://vendor.example' },
    { verification_uri: 'httpx://vendor.example' },
  ])('finds none with %j', (over) => {
    expect(read(over)).toBeNull()
  })

  test('finds none in a refusal, nor in what is no object', () => {
    expect([199, 300, 400].map((status) => read({}, status))).toEqual([null, null, null])
    const body = JSON.stringify([said])
    expect(readDeviceCode({ status: 200, contentType: '', body })).toBeNull()
  })
})

test('requestDeviceCode() asks its endpoint, with the scopes (RFC 8628 section 3.1)', async () => {
  const deviceAuthorizationUrl = 'https://vendor.example/device/auth'
  const { errand, asked } = errandTo({
    deviceAuthorizationUrl,
    scopes: ['a', 'b'],
    clientAuthentication: 'body',
  })
  expect(await requestDeviceCode(errand)).toMatchObject({ status: 200, body: '{"n":1}' })
  expect(asked[0]?.url).toBe(deviceAuthorizationUrl)
  expect(asked[0]?.form).toEqual({ client_id: 'id', client_secret: 'secret', scope: 'a b' })
})

test('pollForTokens() asks the token endpoint with the code (RFC 8628 section 3.4)', async () => {
  const { errand, asked } = errandTo({})
  await pollForTokens(errand, { deviceCode: new Secret('d') })
  expect(asked[0]?.url).toBe('https://vendor.example/token')
  expect(asked[0]?.form).toEqual({
    grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
    device_code: 'd',
  })
})
