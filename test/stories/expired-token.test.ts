/** The four documented samples, word for word, against real servers, a real isolate, a real store. */
import { describe, expect, test } from 'vitest'
import type { Outcome } from '../../runtime/model/call.ts'
import { startOAuthServer } from '../support/oauth-server.ts'
import { startSessionApi } from '../support/session-api.ts'
import { openTemporaryRuntime } from '../support/temporary-runtime.ts'
import { startVendorApi } from '../support/vendor-api.ts'

const refreshAfterAction = `function after_action() {
    if (method_response != null && method_response.error != null && typeof method_response.error !== 'undefined' && method_response.error === 'invalid_grant') {
        throw new AuthRefreshException();
    }
    return true;
}`

const refreshAfterError = `function after_error() {
    if (method_error != null && method_error.error != null && method_error.statusCode.toString() === '403') {
        throw new AuthRefreshException();
    }
    return true;
}`

const sessionAfterAction = `function after_action() {
    if (method_response != null && method_response.error_code != null && typeof method_response.error_code !== 'undefined' && method_response.error_code === 'You are not logged on.') {
        throw new AuthSessionException();
    }
    return true;
}`

const sessionAfterError = `function after_error() {
    if (method_error != null && method_error.statusCode != null && method_error.statusCode.toString() === '403') {
        throw new AuthSessionException();
    }
    return true;
}`

const person = { tenant: 'acme-inc', connection: 'ann' }

function trailOf(outcome: Outcome): readonly string[] {
  return outcome.trail.attempts.map(({ cause, verdict }) => `${cause} → ${verdict}`)
}

describe('an access token that died', () => {
  test.each([
    ['200', 'after_action', refreshAfterAction],
    ['403', 'after_error', refreshAfterError],
  ])(
    'answered by %s is refreshed by %s, once, and the call replayed',
    async (style, _hook, script) => {
      await using oauth = await startOAuthServer()
      await using api = await startVendorApi(oauth)
      const client = oauth.clients.basic
      await using home = openTemporaryRuntime({
        definition: {
          name: 'crm',
          base_url: api.origin,
          origins: [oauth.origin],
          auth: {
            type: 'oauth2',
            grant: 'authorization_code',
            authorization_url: oauth.authorizationUrl,
            token_url: oauth.tokenUrl,
            client_authentication: 'basic',
          },
          script: 'main.js',
          methods: { 'contacts.list': { path: `/by-${style}/contacts` } },
        },
        scripts: { 'main.js': script },
      })
      const minted = await oauth.mint(client)
      await home.runtime.connections.import({
        ...person,
        connector: 'crm',
        properties: { ClientId: client.id, ClientSecret: client.secret ?? '' },
        tokens: { accessToken: minted.access_token, refreshToken: minted.refresh_token },
      })
      oauth.expireAccessTokens()

      const call = () => home.runtime.call({ ...person, connector: 'crm', method: 'contacts.list' })
      const first = await call()
      expect(first.kind).toBe('success')
      expect(trailOf(first)).toEqual(['first → recover by refresh', 'replay → accept'])
      expect(oauth.counts()).toMatchObject({ refreshes: 1, reuseDetections: 0 })
      expect(api.total()).toEqual({ received: 2, good: 1 })

      const second = await call()
      expect(trailOf(second)).toEqual(['first → accept'])
      oauth.expireAccessTokens()
      expect((await call()).kind).toBe('success')
      expect(oauth.counts()).toMatchObject({ refreshes: 2, reuseDetections: 0 })
      expect(JSON.stringify([first, second])).not.toContain(minted.access_token)
    },
  )
})

describe('a session that died', () => {
  test.each([
    ['200', 'after_action', sessionAfterAction],
    ['403', 'after_error', sessionAfterError],
  ])(
    'answered by %s is begun anew by %s, once, and the call replayed',
    async (style, _hook, script) => {
      await using api = await startSessionApi()
      await using home = openTemporaryRuntime({
        definition: {
          name: 'books',
          base_url: api.origin,
          auth: 'session',
          properties: {
            Username: { in: 'mergefield' },
            Password: { in: 'mergefield', sensitive: true },
            SessionId: { in: 'header', as: 'X-Session', sensitive: true },
          },
          post_install: { method: 'login', values: { SessionId: 'data.session.id' } },
          script: 'main.js',
          methods: {
            login: {
              verb: 'POST',
              path: '/login',
              ignore_auth: true,
              body_type: 'json',
              body: { username: '{{Username}}', password: '{{Password}}' },
            },
            list: { path: `/by-${style}/invoices` },
          },
        },
        scripts: { 'main.js': script },
      })
      await home.runtime.connections.create({
        ...person,
        connector: 'books',
        properties: { Username: api.username, Password: api.password },
      })
      expect(await home.runtime.connections.verify(person)).toMatchObject({ state: 'active' })
      expect(api.counts()).toMatchObject({ logins: 1 })

      api.expireAll()
      const outcome = await home.runtime.call({ ...person, connector: 'books', method: 'list' })
      expect(outcome.kind).toBe('success')
      expect(trailOf(outcome)).toEqual(['first → recover by session', 'replay → accept'])
      expect(api.counts()).toMatchObject({ logins: 2, loginsAccepted: 2, calls: 2, good: 1 })
      expect(JSON.stringify(outcome)).not.toContain(api.password)
    },
  )
})
