/**
 * The shape of a connector file, as authors write it. What a shape cannot say (that a method
 * exists, that an origin is declared) the other files of this folder check.
 */
import { z } from 'zod'
import { groupNames, operatorNames } from './vocabulary.ts'

const scalar = z.union([z.string(), z.number(), z.boolean()])
const texts = z.record(z.string(), scalar)
const line = z.union([
  z.string().regex(/^[^\r\n\0]*$/, 'expected a text of one line'),
  z.number(),
  z.boolean(),
])
const place = z.enum(['header', 'query', 'mergefield', 'script'])
const headerName = z
  .string()
  .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'expected the name of a header')

const property = z
  .strictObject({
    in: place.optional().describe('Where the value travels; `script`: only to the scripts.'),
    as: z.string().min(1).optional().describe('Its name at that place; the same name unless said.'),
    sensitive: z.boolean().optional().describe('Scripts then see a placeholder only.'),
    label: z.string().optional().describe('What `connect` asks for.'),
    default: scalar.optional(),
  })
  .nullable()

const parameter = z
  .strictObject({
    in: z.enum(['header', 'query', 'mergefield', 'script', 'body']).optional(),
    as: z.string().min(1).optional(),
    required: z.boolean().optional(),
    default: z.unknown().optional(),
  })
  .nullable()

const url = z.string().min(1).max(2048)

const oauth2 = z.strictObject({
  type: z.literal('oauth2'),
  grant: z.enum(['authorization_code', 'client_credentials', 'password']).optional(),
  authorization_url: url.optional(),
  issuer: url
    .optional()
    .describe('What the vendor calls itself; its answer to a login must then say so (RFC 9207).'),
  token_url: url,
  device_authorization_url: url.optional(),
  revocation_url: url.optional(),
  client_authentication: z.enum(['body', 'basic', 'private_key_jwt']).optional(),
  client_id: z
    .string()
    .min(1)
    .optional()
    .describe('Left out, each connection brings its own as the property ClientId.'),
  scopes: z.array(z.string().min(1)).optional(),
  token_parameters: texts.optional().describe('Sent with each token request.'),
  header: headerName.optional(),
  prefix: z.string().optional().describe('Before the token; `Bearer` unless said.'),
  answer: z
    .strictObject({
      access_token: z.string().optional(),
      refresh_token: z.string().optional(),
      expires_in: z.string().optional(),
      error: z.string().optional(),
    })
    .optional()
    .describe('Paths into the token answer, for a vendor with field names of its own.'),
  dead_codes: z
    .array(z.string().min(1))
    .optional()
    .describe('Error codes that, like invalid_grant, mean that the refresh token is dead.'),
  errors: z
    .array(z.lazy(() => errorRule))
    .optional()
    .describe('Rules for the answers of token_url: Default and InvalidCredential.'),
})

const apiKey = z.strictObject({
  type: z.literal('api_key'),
  in: z.enum(['header', 'query']).optional(),
  as: z.string().min(1).optional(),
  prefix: z.string().optional(),
})

const auth = z.union([
  z.enum(['none', 'api_key', 'basic', 'session']),
  z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('none') }),
    apiKey,
    z.strictObject({ type: z.literal('basic') }),
    oauth2,
    z.strictObject({ type: z.literal('session') }),
  ]),
])

export type ConditionInput = {
  path: string
  operator: (typeof operatorNames)[number]
  value?:
    | string
    | number
    | boolean
    | (string | number | boolean)[]
    | { system: 'empty' }
    | undefined
}
export type GroupInput = Readonly<Record<string, FilterInput[]>>
export type FilterInput = ConditionInput | GroupInput

const condition: z.ZodType<ConditionInput> = z
  .strictObject({
    path: z.string().min(1).describe('`data.…` in the body, `headers.…`, `headers.http-code`.'),
    operator: z.enum(operatorNames),
    value: z
      .union([scalar, z.array(scalar), z.strictObject({ system: z.literal('empty') })])
      .optional(),
  })
  .meta({ id: 'condition' })

/** One shape for each joiner: a key that must be there tells groups and conditions apart. */
const groups = groupNames.map((name) =>
  z.strictObject({ [name]: z.array(z.lazy(() => filter)).min(1) }),
)

const filter: z.ZodType<FilterInput> = z
  .union([condition, ...groups])
  .meta({ id: 'filter', description: 'A condition, or `all` of several, or `any` of them.' })

const errorRule = z
  .strictObject({
    type: z.enum(['Default', 'InvalidCredential', 'ExpiredToken']),
    message: z.string().optional().describe('Text, with {{ data.… }} and {{ headers.… }} in it.'),
    filter,
    renew: z.enum(['oauth', 'session']).optional(),
  })
  .meta({ id: 'error_rule' })

const unmatched = z
  .enum(['error', 'success'])
  .describe('What a status other than 2xx is when no rule matches.')

const paging = z
  .strictObject({
    size: z.int().min(1).optional().describe('Items of a whole page: CYCLR_PAGE_SIZE.'),
    items: z.string().min(1).optional().describe('Where a page keeps its items: data.…'),
    next_url: z
      .string()
      .min(1)
      .optional()
      .describe('Where a page says where the next one is: data.…, headers.… or headers.link.'),
    tokens: z
      .union([z.string().min(1), z.record(z.string().regex(/^\w*$/), z.string().min(1))])
      .optional()
      .describe('Where CYCLR_PAGE_TOKEN is found; or of several, each suffix and its path.'),
    max_pages: z.int().min(1).max(10_000).optional(),
  })
  .meta({ id: 'paging' })

const rateLimit = z
  .union([
    z.strictObject({ per_second: z.int().min(1).max(10_000) }),
    z.strictObject({ gap_ms: z.int().min(1).max(3_600_000) }),
  ])
  .describe('How fast one connection may send; what comes too fast waits.')

const method = z
  .strictObject({
    title: z.string().optional(),
    type: z
      .enum(['action', 'script', 'webhook', 'webhook_response'])
      .optional()
      .describe('script: no request; webhook: what the vendor sends; webhook_response: a reply.'),
    verb: z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']).optional(),
    path: z
      .string()
      .max(2048)
      .optional()
      .describe('Follows base_url, or is a whole URL of a declared origin.'),
    query: texts.optional(),
    headers: z.record(headerName, line).optional(),
    parameters: z.record(z.string().min(1), parameter).optional(),
    body: z
      .unknown()
      .optional()
      .describe('A template; left out, the fields that the caller gives.'),
    body_type: z.enum(['none', 'json', 'form', 'xml', 'text', 'multipart', 'binary']).optional(),
    xml_root: z.string().min(1).optional(),
    response: z.enum(['auto', 'json', 'xml', 'form', 'text', 'binary']).optional(),
    ignore_auth: z.boolean().optional(),
    replay: z.enum(['always', 'never']).optional(),
    idempotency_key: z
      .union([z.strictObject({ header: headerName }), z.strictObject({ field: z.string().min(1) })])
      .optional(),
    errors: z.array(errorRule).optional(),
    unmatched: unmatched.optional(),
    paging: z.union([z.literal(false), paging]).optional(),
    outbound_paging: z
      .strictObject({ location: z.string().min(1), size: z.int().min(1) })
      .optional()
      .describe('A list in the body, as data.[records], sent in pieces of that size.'),
    rate_limit: rateLimit.optional(),
    response_fields: z
      .array(z.string().min(1))
      .optional()
      .describe('Names of fields of the answer, which scripts read as method_response_fields.'),
    script: z.string().min(1).optional(),
  })
  .refine(({ path, type = 'action' }) => path !== undefined || type !== 'action', {
    path: ['path'],
    message: 'missing; expected a text',
  })
  .meta({ id: 'method' })

const connector = z.strictObject({
  $schema: z.string().optional(),
  name: z.string().optional().describe("The folder's name unless said."),
  version: z.string().min(1).optional(),
  title: z.string().min(1).optional(),
  base_url: url,
  origins: z.array(url).optional().describe('Other places that requests may go to.'),
  auth: auth.optional(),
  properties: z.record(z.string(), property).optional(),
  post_install: z
    .union([
      z.string().min(1),
      z.strictObject({
        method: z.string().min(1),
        values: z.record(z.string(), z.string()).optional(),
      }),
    ])
    .optional()
    .describe('The method whose answer gives properties their values: the login.'),
  test_call: z.string().min(1).optional(),
  headers: z.record(headerName, line).optional(),
  query: texts.optional(),
  script: z.string().min(1).optional(),
  unmatched: unmatched.optional(),
  paging: paging.optional().describe('For every GET method that says nothing of its own.'),
  rate_limit: rateLimit.optional(),
  limits: z
    .strictObject({
      hook_ms: z.int().min(1).max(60_000).optional(),
      request_ms: z.int().min(1).optional(),
      call_ms: z.int().min(1).optional(),
      response_bytes: z.int().min(1).optional(),
      call_bytes: z.int().min(1).optional(),
    })
    .optional(),
  reveal_secrets: z.boolean().optional(),
  errors: z.array(errorRule).optional(),
  methods: z.record(z.string(), method),
})

export type ConnectorInput = z.infer<typeof connector>
export type MethodInput = z.infer<typeof method>
export type ErrorRuleInput = z.infer<typeof errorRule>
export type AuthInput = z.infer<typeof auth>
export type PagingInput = z.infer<typeof paging>
export type RateLimitInput = z.infer<typeof rateLimit>
export type PropertyInput = z.infer<typeof property>

/** What is wrong with a shape, in zod's words. */
export type ShapeIssue = z.core.$ZodIssue

/** Checks a value's shape, and only that. */
export function checkShape(
  value: unknown,
): { readonly input: ConnectorInput } | { readonly issues: readonly ShapeIssue[] } {
  const result = connector.safeParse(value, { reportInput: true })
  return result.success ? { input: result.data } : { issues: result.error.issues }
}

/** The same shape as a JSON Schema (draft 7), for editors. */
export function shapeAsJsonSchema(): Readonly<Record<string, unknown>> {
  return z.toJSONSchema(connector, { target: 'draft-7', io: 'input' })
}
