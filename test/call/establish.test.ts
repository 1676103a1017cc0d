/** What a connection gets before its first call (dialect section 14, 12). */
import { describe, expect, test } from 'vitest'
import { establish } from '../../runtime/call/establish.ts'
import { tokens, World, type WorldOptions } from '../support/world.ts'
import { openTrip } from './trip.ts'

const definition = (around: object = {}) =>
  JSON.stringify({
    base_url: 'https://api.acme.example',
    auth: { type: 'oauth2', grant: 'client_credentials', token_url: 'https://api.acme.example/t' },
    properties: { Region: { in: 'header', as: 'X-Region' } },
    methods: { get: { path: '/things' }, where: { path: '/where' } },
    ...around,
  })

const vendor: WorldOptions['vendor'] = ({ url }) => ({
  json: url.endsWith('/t') ? { access_token: 'first-token' } : { Region: 'eu' },
})

async function establishing(options: Partial<WorldOptions> = {}) {
  const world = new World({
    definition: definition(),
    auth: tokens(null, null),
    properties: { ClientId: 'id', ClientSecret: 'secret' },
    vendor,
    ...options,
  })
  using open = await openTrip(world)
  const credential = await establish(open.execution)
  const steps = open.execution.trail.trail().attempts.flatMap((made) => made.steps)
  return { credential, paths: world.requests.map(({ url }) => new URL(url).pathname), steps }
}

describe('establish()', () => {
  test('gets the token of a machine’s grant, and makes no other request', async () => {
    const { credential, paths } = await establishing()
    expect(credential.auth).toMatchObject({ kind: 'oauth2' })
    expect(credential.refreshed).toBe(1)
    expect(paths).toEqual(['/t'])
  })

  test('then runs the lookup with it, and says why in the trail', async () => {
    const { credential, paths, steps } = await establishing({
      definition: definition({ post_install: 'where' }),
    })
    expect(paths).toEqual(['/t', '/where'])
    expect(credential.session.Region?.reveal()).toBe('eu')
    expect(steps).toMatchObject([
      { kind: 'renewal', by: 'refresh', because: 'no access token yet' },
      { kind: 'renewal', by: 'session', because: expect.stringMatching(/connection/) },
    ])
  })

  test('runs the lookup alone where the token is good', async () => {
    const { paths } = await establishing({
      definition: definition({ post_install: 'where' }),
      auth: tokens('good-token'),
    })
    expect(paths).toEqual(['/where'])
  })

  test('rejects with the failure of the lookup', async () => {
    const failing = establishing({
      definition: definition({ post_install: 'where' }),
      auth: tokens('good-token'),
      vendor: () => ({ json: {} }),
    })
    await expect(failing).rejects.toMatchObject({ reason: 'no-values' })
  })
})
