import type {
  AllowedOrigin,
  AuthScheme,
  ErrorRule,
  OAuth2Scheme,
  TokenAnswerPaths,
} from '../model/connector.ts'
import { joinPath, parsePath } from '../model/path.ts'
import { readErrorRules } from './error-rules.ts'
import { type Findings, type Path, quote } from './faults.ts'
import { demandAllowed, readAddress } from './origins.ts'
import type { AuthInput } from './schema.ts'
import { textsOf } from './values.ts'

type Surroundings = { readonly origins: readonly AllowedOrigin[]; readonly findings: Findings }

/** How connections of this connector authenticate; `none` where the file does not say. */
export function readAuth(input: AuthInput | undefined, around: Surroundings): AuthScheme {
  const auth: Partial<ObjectInput> & { type: ObjectInput['type'] } =
    typeof input === 'string' ? { type: input } : (input ?? { type: 'none' })
  switch (auth.type) {
    case 'api_key':
      return readApiKey(auth as ApiKeyInput, around.findings)
    case 'oauth2':
      return readOAuth2(auth as OAuth2Input, around)
    default:
      return { type: auth.type }
  }
}

type ObjectInput = Exclude<AuthInput, string>
type OAuth2Input = Extract<ObjectInput, { type: 'oauth2' }>
type ApiKeyInput = Extract<ObjectInput, { type: 'api_key' }>

function readApiKey(input: ApiKeyInput, findings: Findings): AuthScheme {
  const { in: place = 'header', as, prefix = '' } = input
  if (place === 'query' && as === undefined) {
    findings.fault(['auth'], 'missing "as": the name of the query parameter that carries the key')
  }
  return { type: 'api_key', place, target: as ?? 'Authorization', prefix: spaced(prefix) }
}

function readOAuth2(input: OAuth2Input, around: Surroundings): OAuth2Scheme {
  const { grant = 'authorization_code' } = input
  checkGrant(input, grant, around.findings)
  checkAddresses(input, around)
  return {
    type: 'oauth2',
    grant,
    authorizationUrl: input.authorization_url ?? null,
    ...(input.issuer === undefined ? {} : { issuer: input.issuer }),
    tokenUrl: input.token_url,
    deviceAuthorizationUrl: input.device_authorization_url ?? null,
    revocationUrl: input.revocation_url ?? null,
    clientAuthentication: input.client_authentication ?? 'body',
    clientId: input.client_id ?? null,
    scopes: input.scopes ?? [],
    tokenParameters: textsOf(input.token_parameters),
    header: input.header ?? 'Authorization',
    prefix: spaced(input.prefix ?? 'Bearer'),
    answer: readAnswerPaths(input.answer, around.findings),
    deadCodes: input.dead_codes ?? [],
    errors: readTokenRules(input, around.findings),
  }
}

function readTokenRules({ errors }: OAuth2Input, findings: Findings): readonly ErrorRule[] {
  const path = ['auth', 'errors']
  const rules = readErrorRules(errors, path, findings)
  rules.forEach(({ type }, index) => {
    if (type !== 'ExpiredToken') return
    findings.fault(
      [...path, index, 'type'],
      'a token request renews nothing: Default or InvalidCredential',
    )
  })
  return rules
}

function checkGrant(input: OAuth2Input, grant: string, findings: Findings): void {
  const interactive = grant === 'authorization_code'
  if (interactive && input.authorization_url === undefined) {
    findings.fault(
      ['auth'],
      'missing "authorization_url": the grant authorization_code begins there; for machines, say grant: client_credentials',
    )
  }
  if (interactive) return
  for (const field of ['authorization_url', 'device_authorization_url'] as const) {
    if (input[field] !== undefined) {
      findings.warn(['auth', field], `is not used by the grant ${grant}`)
    }
  }
}

/** The authorization URL is opened by a browser, so only its form is checked. */
function checkAddresses(input: OAuth2Input, { origins, findings }: Surroundings): void {
  if (input.authorization_url !== undefined) {
    readAddress(input.authorization_url, ['auth', 'authorization_url'], findings)
  }
  for (const field of ['token_url', 'device_authorization_url', 'revocation_url'] as const) {
    const path = ['auth', field]
    const text = input[field]
    if (text === undefined) continue
    demandAllowed(readAddress(text, path, findings), origins, { path, findings })
  }
}

const answerFields = {
  access_token: 'accessToken',
  refresh_token: 'refreshToken',
  expires_in: 'expiresIn',
  error: 'error',
} as const

function readAnswerPaths(input: OAuth2Input['answer'], findings: Findings): TokenAnswerPaths {
  const paths: Record<string, string> = {}
  for (const [field, name] of Object.entries(answerFields)) {
    const text = input?.[field as keyof typeof answerFields]
    if (text === undefined) continue
    paths[name] = joinPath(readDataPath(text, ['auth', 'answer', field], findings))
  }
  return paths
}

/** The segments of a path into an answer, without its root `data`; reports any other text. */
export function readDataPath(text: string, path: Path, findings: Findings): readonly string[] {
  const [root, ...segments] = parsePath(text)
  if (root === 'data' && segments.length > 0) return segments
  findings.fault(
    path,
    `expected a path that begins with data., as in data.session.id; got ${quote(text)}`,
  )
  return []
}

/** `Bearer` → `Bearer `: a word before a value stands apart from it; `token=` does not. */
function spaced(prefix: string): string {
  return /[A-Za-z0-9]$/.test(prefix) ? `${prefix} ` : prefix
}
