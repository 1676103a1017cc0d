/** What a case of the conformance suite is played on: a vendor, a connector, and what was seen. */
import { expect } from 'vitest'
import type { OutcomeReport } from '../../bin/print/report.ts'
import type { Step } from '../../runtime/model/call.ts'
import { json, type SeenRequest, startVendor, type Vendor } from '../support/vendor.ts'
import { type Case, cases } from './conformance-cases.ts'

export async function startStage(): Promise<Vendor> {
  const vendor = await startVendor()
  vendor.on('/token', json({ access_token: 'fresh', refresh_token: 'next' }))
  vendor.on('/login', json({ session: { id: 'session-1' } }))
  return vendor
}

/** The connector's name, its definition, its scripts by path, and the script of the step. */
export function connectorOf(one: Case, origin: string) {
  const { script, connector = {}, method = {}, auth } = one
  const name = `case-${cases.indexOf(one)}`
  const levels = typeof script === 'string' ? { method: script } : script
  return {
    name,
    step: levels.step ?? null,
    definition: {
      name,
      base_url: origin,
      ...(auth === undefined ? {} : authentications(origin)[auth]),
      ...(levels.connector === undefined ? {} : { script: 'connector.js' }),
      ...connector,
      methods: {
        get: {
          verb: 'POST',
          path: '/it',
          ...(levels.method === undefined ? {} : { script: 'method.js' }),
          ...method,
        },
        login: {
          verb: 'POST',
          path: '/login',
          ignore_auth: true,
          body: { secret: '{{Password}}' },
        },
      },
    },
    scripts: {
      ...(levels.connector === undefined ? {} : { 'connector.js': levels.connector }),
      ...(levels.method === undefined ? {} : { 'method.js': levels.method }),
    },
  }
}

function authentications(origin: string) {
  return {
    oauth2: {
      auth: {
        type: 'oauth2',
        authorization_url: `${origin}/authorize`,
        token_url: `${origin}/token`,
        client_id: 'client',
      },
    },
    session: {
      auth: 'session',
      properties: {
        Password: { in: 'mergefield', sensitive: true },
        SessionId: { in: 'header', as: 'X-Session', sensitive: true },
      },
      post_install: { method: 'login', values: { SessionId: 'data.session.id' } },
    },
    api_key: { auth: { type: 'api_key' } },
    basic: { auth: 'basic' },
  }
}

/** What a connection of each kind is made of, as `connections import` reads it. */
export const credentials = {
  oauth2: { access_token: 'first', refresh_token: 'refresh', properties: { ClientSecret: 's' } },
  session: { properties: { Password: 'p' } },
  api_key: { key: 'key-1' },
  basic: { username: 'u', password: 'p' },
} as const

export function compare(one: Case, report: OutcomeReport, requests: readonly SeenRequest[]): void {
  expect(report).toMatchObject(one.says)
  const own = requests.filter(({ path }) => path !== '/token' && path !== '/login')
  if (one.sent) {
    expect(own).toHaveLength(one.sent.length)
    expect(own).toMatchObject(one.sent)
  }
  if (one.logs)
    expect(stepsOf(report).flatMap((step) => (step.kind === 'log' ? [step.text] : []))).toEqual(
      one.logs,
    )
  if (one.warns) {
    const warnings = stepsOf(report).flatMap((step) =>
      step.kind === 'warning' ? [step.message] : [],
    )
    expect(warnings).toEqual(one.warns)
  }
}

function stepsOf({ trail }: OutcomeReport): readonly Step[] {
  return trail.attempts.flatMap(({ steps }) => steps)
}
