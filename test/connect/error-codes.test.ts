import { expect, test } from 'vitest'
import { describeCode, documentedCodes, statusOf } from '../../runtime/connect/error-codes.ts'

test('documentedCodes has the 27 of the guide', () => {
  expect(Object.keys(documentedCodes)).toEqual([
    'genericError',
    'noPermission',
    'missingFields',
    'sessionMissing',
    'sessionNotVerified',
    'sessionExpired',
    'sessionInactive',
    'sessionInvalid',
    'domainInvalid',
    'verificationStateInvalid',
    'loginAttemptMissing',
    'loginAttemptExpired',
    'loginAttemptInvalid',
    'passkeyDataMissing',
    'passkeyDataExpired',
    'passkeyDataInvalid',
    'passkeyWrongOrganization',
    'callbackUrlMissing',
    'callbackUrlInvalid',
    'connectionMissing',
    'organizationIdMissing',
    'tokenInvalid',
    'stateMissing',
    'stateInvalid',
    'captchaInvalid',
    'entityMissing',
    'entityInvalid',
  ])
})

test.each([
  ['tokenInvalid', 401],
  ['noPermission', 403],
  ['sessionMissing', 404],
  ['entityMissing', 404],
  ['tooManyRequests', 429],
  ['genericError', 500],
  ['networkError', 502],
  ['stateMissing', 400],
  ['callbackUrlInvalid', 400],
  ['a code of somebody’s own', 400],
  ['constructor', 400],
])('statusOf(%s) is %i', (code, status) => {
  expect(statusOf(code)).toBe(status)
})

test('describeCode() knows each code, and has a text for any other', () => {
  for (const code of Object.keys(documentedCodes)) expect(describeCode(code)).toMatch(/\.$/)
  expect(describeCode('tokenInvalid')).toBe('An access token is missing in this request.')
  expect(describeCode('toString')).toBe('An error without any context available.')
})
