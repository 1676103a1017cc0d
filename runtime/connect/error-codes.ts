/**
 * The words that the life of a connection and every HTTP surface speak, as CentralAuth documents them
 * (27 codes, https://docs.centralauth.com/developer/error-handling), and what was added since. Which
 * HTTP status goes with a code is documented nowhere; the statuses are ours.
 */
import type { ErrorCode } from '../model/usage-error.ts'

type Meaning = { readonly description: string; readonly status?: number }

/** The documented codes with their descriptions, word for word. A code without a status is a 400. */
export const documentedCodes = {
  genericError: { description: 'An error without any context available.', status: 500 },
  noPermission: {
    description: 'The user does not have permission to perform the requested action.',
    status: 403,
  },
  missingFields: { description: 'The request is missing required fields.' },
  sessionMissing: { description: 'The given session ID is not found.', status: 404 },
  sessionNotVerified: { description: 'The session is not correctly verified.' },
  sessionExpired: { description: 'The session has expired.' },
  sessionInactive: { description: 'The session is not (yet) activated or not active anymore.' },
  sessionInvalid: {
    description:
      'The session is invalid or does not match the given information to handle session activation.',
  },
  domainInvalid: {
    description:
      'The domain provided is not given, not valid or not registered as a whitelist domain.',
  },
  verificationStateInvalid: { description: 'The verification state is invalid for the session.' },
  loginAttemptMissing: { description: 'The login attempt ID is missing.' },
  loginAttemptExpired: { description: 'The login attempt has expired.' },
  loginAttemptInvalid: { description: 'The login attempt is invalid.' },
  passkeyDataMissing: { description: 'The passkey data ID is missing.' },
  passkeyDataExpired: { description: 'The passkey data has expired.' },
  passkeyDataInvalid: { description: 'The passkey data is invalid.' },
  passkeyWrongOrganization: {
    description:
      'The passkey data is associated with the wrong organization. Mostly caused by using the default login URL for more than one organization. To mitigate this issue, consider using a custom domain.',
  },
  callbackUrlMissing: { description: 'The callback URL of the login flow is missing.' },
  callbackUrlInvalid: {
    description:
      'The callback URL of the login flow is invalid or not registered as a whitelist domain.',
  },
  connectionMissing: { description: 'The connection ID is missing or not found.' },
  organizationIdMissing: { description: 'The organization ID is missing or not found.' },
  tokenInvalid: { description: 'An access token is missing in this request.', status: 401 },
  stateMissing: { description: 'A unique OAuth state is missing in the login flow.' },
  stateInvalid: {
    description:
      'The OAuth state is missing or invalid during the callback step in the login flow.',
  },
  captchaInvalid: { description: 'The Captcha challenge was not solved correctly.' },
  entityMissing: {
    description:
      'An entity is missing in the given context. The error message should specify which entity is missing.',
    status: 404,
  },
  entityInvalid: {
    description:
      'An entity is invalid in the given context. The error message should specify which entity is invalid.',
  },
} as const satisfies Readonly<Record<string, Meaning>>

/** Seen in later versions of its API and library; the last one is what a failed network is called. */
const laterCodes = {
  codeChallengeMissing: { description: 'The code challenge is missing in the login flow.' },
  codeChallengeInvalid: { description: 'The code challenge is invalid.' },
  tooManyRequests: { description: 'Too many requests.', status: 429 },
  secretMissing: { description: 'The secret of the client is missing.' },
  authBaseUrlMissing: { description: 'The base URL of the login is missing.' },
  networkError: { description: 'The other side could not be reached.', status: 502 },
} as const satisfies Readonly<Record<string, Meaning>>

const meanings: Readonly<Record<string, Meaning>> = { ...documentedCodes, ...laterCodes }

/** What to tell a person who gets a code without a message. Any text may be a code. */
export function describeCode(code: ErrorCode): string {
  return (Object.hasOwn(meanings, code) ? meanings[code] : meanings.genericError)?.description ?? ''
}

/** The HTTP status that goes with a code; 400 for one that nobody has documented. */
export function statusOf(code: ErrorCode): number {
  return (Object.hasOwn(meanings, code) ? meanings[code]?.status : undefined) ?? 400
}
