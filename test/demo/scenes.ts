import type { Expectations } from './judge.ts'
import type { Stage } from './stage.ts'

/** One way for a credential to die between two calls, and what the servers must count then. */
export type Scene = {
  readonly title: string
  /** What a spectator should know before it begins; one line each. */
  readonly caption: readonly string[]
  readonly connection: string
  readonly connector: string
  /** The connection's credential, as `connections import` reads it. */
  readonly credential: (stage: Stage) => Promise<Readonly<Record<string, unknown>>>
  /** A call that works, before the credential dies. */
  readonly warmUp: readonly string[]
  /** How the vendor forgets the credential, in words and in deed. */
  readonly death: string
  readonly kill: (stage: Stage) => void
  /** The calls after it; more than one are started at the same moment. */
  readonly calls: readonly (readonly string[])[]
  readonly expected: Expectations
}

const order = ['orders.create', '-p', 'item=tea']
const nothing = {
  refreshes: 0,
  reuseDetections: 0,
  logins: 0,
  received: 0,
  accepted: 0,
  ordersCreated: 0,
}
const oneRefresh = { ...nothing, refreshes: 1, received: 2, accepted: 1, ordersCreated: 1 }
const oneLogin = { ...nothing, logins: 1, received: 2, accepted: 1 }

const oauth = {
  // Without `expires_in`, as in the vendor's own answers: nobody knows when the token ends.
  credential: async ({ oauth: server }: Stage) => {
    const { access_token, refresh_token } = await server.mint()
    const properties = { ClientSecret: server.clients.body.secret }
    return { access_token, refresh_token, properties }
  },
  warmUp: ['contacts.list'],
  death: 'Now the vendor forgets every access token it has issued. It tells nobody.',
  kill: ({ oauth: server }: Stage) => server.expireAccessTokens(),
}

const session = {
  credential: async ({ sessions }: Stage) => ({
    properties: { Username: sessions.username, Password: sessions.password },
  }),
  warmUp: ['invoices.list'],
  death: 'Now the vendor ends every session. It tells nobody.',
  kill: ({ sessions }: Stage) => sessions.expireAll(),
}

export const scenes: readonly Scene[] = [
  {
    title: 'A dead access token, told with status 200',
    caption: [
      'The vendor answers 200 {"error":"invalid_grant"}. Only the connector’s script can know what that',
      'means: its after_action throws AuthRefreshException. The call is a POST, and must happen once.',
    ],
    connection: 'ada',
    connector: 'oauth-200',
    ...oauth,
    calls: [order],
    expected: oneRefresh,
  },
  {
    title: 'A dead access token, told with status 403',
    caption: [
      'The vendor answers 403 {"error":"token_expired"}; after_error throws AuthRefreshException.',
    ],
    connection: 'grace',
    connector: 'oauth-403',
    ...oauth,
    calls: [order],
    expected: oneRefresh,
  },
  {
    title: 'A dead session, told with status 200',
    caption: [
      'The vendor answers 200 {"error_code":"You are not logged on."}; after_action throws',
      'AuthSessionException, and the login runs again.',
    ],
    connection: 'edsger',
    connector: 'session-200',
    ...session,
    calls: [['invoices.list']],
    expected: oneLogin,
  },
  {
    title: 'A dead session, told with status 403',
    caption: ['The same with 403, so that it is after_error that throws AuthSessionException.'],
    connection: 'barbara',
    connector: 'session-403',
    ...session,
    calls: [['invoices.list']],
    expected: oneLogin,
  },
  {
    title: 'Three processes at the same moment, one refresh',
    caption: [
      'Refresh tokens rotate: a second use of one would revoke the connection for good. So three',
      'processes that find the same dead access token must share one refresh.',
    ],
    connection: 'ada',
    connector: 'oauth-200',
    ...oauth,
    calls: [order, order, order],
    expected: {
      ...oneRefresh,
      // A process that starts late finds the new token stored, and is never rejected.
      received: { from: 4, to: 6 },
      accepted: 3,
      ordersCreated: 3,
    },
  },
]
