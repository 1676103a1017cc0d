/** A connector as the rest of the runtime sees it: parsed, whole, checked. `definition/` makes it. */
import type { ConnectorName, MethodName } from './ids.ts'
import type { Json } from './json.ts'

export type Connector = {
  readonly name: ConnectorName
  readonly version: string
  readonly title: string
  /** Ends without a slash; may hold `{{mergefields}}`. */
  readonly baseUrl: string
  /** The only places that requests and credentials of this connector go to. */
  readonly origins: readonly AllowedOrigin[]
  readonly auth: AuthScheme
  readonly properties: readonly Property[]
  readonly postInstall: PostInstall | null
  /** The harmless call that shows whether a connection works. */
  readonly testCall: MethodName | null
  /** Sent with each request, unless the method or a script sets the same name. */
  readonly headers: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string>>
  readonly errors: readonly ErrorRule[]
  readonly unmatched: 'error' | 'success'
  readonly methods: ReadonlyMap<MethodName, Method>
  readonly script: Script | null
  /** For GET methods that ask for pages and say nothing of their own. */
  readonly paging: Paging | null
  /** How fast one connection may send, over all methods that have no limit of their own. */
  readonly rateLimit: RateLimit | null
  readonly limits: Limits
  readonly revealSecrets: boolean
}

/** An origin (RFC 6454) and the path below which it may be called; `/` for all of it. */
export type AllowedOrigin = { readonly origin: string; readonly pathPrefix: string }

export type Limits = {
  /** Wall clock of one hook, in milliseconds: 5,000 unless said, 60,000 at most. */
  readonly hookMs: number
  /** One request with its redirects, in milliseconds. */
  readonly requestMs: number
  /** A call with all its attempts, renewals and waits, in milliseconds. */
  readonly callMs: number
  /** Decoded bytes of one response. */
  readonly responseBytes: number
  /** Decoded bytes of all responses of a call whose pages are gathered. */
  readonly callBytes: number
}

/** At most so many requests in any span of so many milliseconds (dialect section 9.3). */
export type RateLimit = { readonly requests: number; readonly windowMs: number }

/** Where a value travels in a request: header, query or mergefield, or only to the scripts. */
export type Place = 'header' | 'query' | 'mergefield' | 'script'

/** A value that belongs to a connection: asked for at `connect`, or found by the lookup. */
export type Property = {
  readonly name: string
  readonly place: Place
  /** Its name at that place: `X-Session` for a header. */
  readonly target: string
  readonly sensitive: boolean
  readonly label: string
  readonly default: string | null
}

export type AuthScheme =
  | { readonly type: 'none' }
  | {
      readonly type: 'api_key'
      readonly place: 'header' | 'query'
      readonly target: string
      readonly prefix: string
    }
  | { readonly type: 'basic' }
  | OAuth2Scheme
  | { readonly type: 'session' }

/** OAuth 2.0 (RFC 6749): by which grant a connection begins, and how the client shows who it is. */
export type OAuth2Scheme = {
  readonly type: 'oauth2'
  readonly grant: 'authorization_code' | 'client_credentials' | 'password'
  readonly authorizationUrl: string | null
  /** What the vendor calls itself, where its answers to a login say so (`iss`, RFC 9207). */
  readonly issuer?: string
  readonly tokenUrl: string
  readonly deviceAuthorizationUrl: string | null
  readonly revocationUrl: string | null
  /** RFC 6749 section 2.3.1, RFC 7523 section 2.2. */
  readonly clientAuthentication: 'body' | 'basic' | 'private_key_jwt'
  /** Null: each connection brings its own, as the property `ClientId`. */
  readonly clientId: string | null
  readonly scopes: readonly string[]
  /** Sent with each token request, beside what the grant demands. */
  readonly tokenParameters: Readonly<Record<string, string>>
  /** How the access token travels: `Authorization: Bearer …` unless said. */
  readonly header: string
  readonly prefix: string
  /** Where a token answer keeps its fields, for a vendor who does not follow RFC 6749 section 5.1. */
  readonly answer: TokenAnswerPaths
  /** OAuth error codes which, beside `invalid_grant`, mean that the refresh token is dead. */
  readonly deadCodes: readonly string[]
  /** Rules for the answers of the token endpoint alone: Default and InvalidCredential. */
  readonly errors: readonly ErrorRule[]
}

export type TokenAnswerPaths = {
  readonly accessToken?: string
  readonly refreshToken?: string
  readonly expiresIn?: string
  readonly error?: string
}

/** The post-install property value lookup: a method whose answer gives properties their values. */
export type PostInstall = {
  readonly method: MethodName
  /** Property → path in the answer. Where a property has none, the field of its own name is taken. */
  readonly values: Readonly<Record<string, string>>
}

export type Verb = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS'
export type BodyType = 'none' | 'json' | 'form' | 'xml' | 'text' | 'multipart' | 'binary'
export type ResponseFormat = 'auto' | 'json' | 'xml' | 'form' | 'text' | 'binary'

/**
 * What a method is (dialect section 10): a request to the vendor; scripts alone; what the vendor
 * sends to us; or what its sender is answered.
 */
export type MethodType = 'action' | 'script' | 'webhook' | 'webhook_response'

/** How an answer of several pages is read (dialect section 9.4). */
export type Paging = {
  /** Items of a whole page; a shorter one is then the last. */
  readonly size: number | null
  /** Where a page keeps its items; null where the page itself is the list. */
  readonly items: string | null
  /** `data.…` or `headers.…`; `headers.link` is read for `rel=next` (RFC 8288). */
  readonly nextUrl: string | null
  /** Suffix of `CYCLR_PAGE_TOKEN` → `data.…` or `headers.…`. The empty suffix has no underscore. */
  readonly tokens: Readonly<Record<string, string>>
  readonly maxPages: number
}

/** A list in the request's body, sent in pieces of so many items. */
export type OutboundPaging = { readonly location: string; readonly size: number }

export type Method = {
  readonly name: MethodName
  readonly title: string
  readonly type: MethodType
  readonly verb: Verb
  /** Follows the base URL, or a whole URL of a declared origin; may hold `{{mergefields}}`. */
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
  /** What the caller gives; where a parameter has no entry, its value goes to body or query. */
  readonly parameters: readonly Parameter[]
  /** A template of the body; null sends the caller's body fields as they are. */
  readonly body: Json
  readonly bodyType: BodyType
  readonly xmlRoot: string
  readonly response: ResponseFormat
  /** Sends neither the credential nor the session's properties. */
  readonly ignoreAuth: boolean
  /** `never`: not even a rejected credential has this call sent a second time. */
  readonly replay: 'always' | 'never'
  readonly idempotencyKey: IdempotencyKey | null
  readonly errors: readonly ErrorRule[]
  readonly unmatched: 'error' | 'success' | null
  readonly paging: Paging | null
  readonly outboundPaging: OutboundPaging | null
  readonly rateLimit: RateLimit | null
  /** Names of the fields of the answer, for scripts to read. */
  readonly responseFields: readonly string[]
  readonly script: Script | null
}

export type Parameter = {
  readonly name: string
  readonly place: Place | 'body'
  /** Its name there; in a body, its location (`location.ts`). */
  readonly target: string
  readonly required: boolean
  readonly default: Json
}

/** Where the key travels that lets the vendor recognise a repeated request. */
export type IdempotencyKey =
  | { readonly place: 'header'; readonly name: string }
  | { readonly place: 'field'; readonly name: string }

/** One source as its author wrote it, and the name that errors show for it. */
export type Script = {
  readonly source: string
  /** Relative to the connector's folder: `scripts/main.js`. Host paths never appear. */
  readonly file: string
  /** For a bundle: where its author wrote each piece of it. Absent where `source` is the author's. */
  readonly map?: SourceMap
}

/** A source map (ECMA-426) as data. Its sources are relative to the connector's folder. */
export type SourceMap = {
  readonly version: 3
  readonly sources: readonly string[]
  /** The author's files as they were, in the order of `sources`. */
  readonly sourcesContent: readonly string[]
  readonly names: readonly string[]
  readonly mappings: string
}

/** A declarative error rule: which response it means, and what that response is. */
export type ErrorRule = {
  readonly type: 'Default' | 'InvalidCredential' | 'ExpiredToken'
  /** Static text, or with `{{ data.path }}` and `{{ headers.name }}`. */
  readonly message: string
  readonly filter: RuleGroup
  /** Which renewal an ExpiredToken rule asks for; null where the connector has only one. */
  readonly renew: 'oauth' | 'session' | null
}

export type RuleGroup =
  | { readonly all: readonly (RuleCondition | RuleGroup)[] }
  | { readonly any: readonly (RuleCondition | RuleGroup)[] }

export type RuleCondition = {
  readonly path: string
  readonly operator: RuleOperator
  readonly value?: Json | { readonly system: 'empty' }
}

export type RuleOperator =
  | 'equal'
  | 'not_equal'
  | 'contains'
  | 'not_contains'
  | 'starts_with'
  | 'ends_with'
  | 'greater'
  | 'greater_or_equal'
  | 'less'
  | 'less_or_equal'
  | 'in'
  | 'not_in'
  | 'exists'
  | 'not_exists'
  | 'empty'
  | 'not_empty'

/** The verbs that RFC 9110 section 9.2.2 calls idempotent; only they are retried unasked. */
export function isIdempotent(verb: Verb): boolean {
  return verb !== 'POST' && verb !== 'PATCH'
}

/** By which renewals this connector can get a newer credential. */
export function renewalsOf(connector: Connector): readonly ('refresh' | 'session')[] {
  return [
    ...(connector.auth.type === 'oauth2' ? (['refresh'] as const) : []),
    ...(connector.postInstall ? (['session'] as const) : []),
  ]
}
