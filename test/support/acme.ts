import { join } from 'node:path'
import type { CallRequest, Outcome } from '../../runtime/model/call.ts'
import type { Connection } from '../../runtime/model/connection.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { openTemporaryRuntime } from './temporary-runtime.ts'
import { json, type Reaction, type SeenRequest, startVendor, type Vendor } from './vendor.ts'

export type AcmeOptions = {
  /** None unless said: the connector's one rule takes a 401 for a token that has expired. */
  readonly script?: string
  /** Beside or instead of the definition that every Acme has. */
  readonly definition?: Readonly<Record<string, unknown>>
  readonly auth?: Readonly<Record<string, unknown>>
  readonly tokens?: Readonly<Record<string, unknown>>
  readonly properties?: Readonly<Record<string, string>>
}

/** A vendor with a token endpoint and one API, a whole runtime, and a connection with tokens. */
export interface Acme extends AsyncDisposable {
  readonly vendor: Vendor
  readonly runtime: Runtime
  /** The file of its store. */
  readonly store: string
  readonly ref: { readonly tenant: string; readonly connection: string }
  /** One more runtime over the same store, as another process would have it. */
  another(): Runtime
  call(request?: Partial<CallRequest>, runtime?: Runtime): Promise<Outcome>
  connection(): Promise<Connection>
  tokenRequests(): readonly SeenRequest[]
  apiRequests(): readonly SeenRequest[]
}

const expiredOn401 = {
  type: 'ExpiredToken',
  message: '{{ data.error }}',
  filter: { path: 'headers.http-code', operator: 'equal', value: 401 },
}

const ref = { tenant: 'acme-inc', connection: 'ann' }

/** Its tokens begin as `access-0` and `refresh-0`; `/token` and the API react as the test says. */
export async function openAcme(options: AcmeOptions = {}): Promise<Acme> {
  const vendor = await startVendor()
  const { origin } = vendor
  const home = openTemporaryRuntime({
    definition: {
      name: 'acme',
      base_url: origin,
      auth: {
        type: 'oauth2',
        client_id: 'us',
        authorization_url: `${origin}/authorize`,
        token_url: `${origin}/token`,
        ...options.auth,
      },
      ...(options.script === undefined ? {} : { script: 'main.js' }),
      errors: [expiredOn401],
      methods: { get: { path: '/api' }, post: { verb: 'POST', path: '/api', body_type: 'json' } },
      ...options.definition,
    },
    scripts: options.script === undefined ? {} : { 'main.js': options.script },
  })
  const { runtime } = home
  await runtime.connections.import({
    ...ref,
    connector: 'acme',
    tokens: { accessToken: 'access-0', refreshToken: 'refresh-0', ...options.tokens },
    properties: options.properties ?? {},
  })
  const isToken = ({ path }: SeenRequest) => path === '/token'
  return {
    vendor,
    runtime,
    store: join(home.folder, 'store.sqlite'),
    ref,
    another: () => home.another(),
    call: (request, by = runtime) =>
      by.call({ ...ref, connector: 'acme', method: 'get', ...request }),
    async connection() {
      const connection = await runtime.connections.get(ref)
      if (!connection) throw new Error('the connection is gone')
      return connection
    },
    tokenRequests: () => vendor.requests.filter(isToken),
    apiRequests: () => vendor.requests.filter((request) => !isToken(request)),
    async [Symbol.asyncDispose]() {
      await home[Symbol.asyncDispose]()
      await vendor[Symbol.asyncDispose]()
    },
  }
}

/** Hands out `access-1` and `refresh-1`, then the next ones. */
export function rotating(more: Readonly<Record<string, unknown>> = {}): Reaction {
  let number = 0
  return async (request, response, signal) => {
    number += 1
    const tokens = { access_token: `access-${number}`, refresh_token: `refresh-${number}` }
    await json({ ...tokens, token_type: 'Bearer', ...more })(request, response, signal)
  }
}

/** An API that answers 401 to the tokens named, and `answer` to the others. */
export function refusing(
  dead: readonly string[],
  answer: Reaction = json({ fine: true }),
): Reaction {
  return (request, response, signal) => {
    const refused = dead.some((token) => request.headers.authorization === `Bearer ${token}`)
    const reaction = refused ? json({ error: 'token_expired' }, { status: 401 }) : answer
    return reaction(request, response, signal)
  }
}
