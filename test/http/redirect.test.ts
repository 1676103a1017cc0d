import { describe, expect, test } from 'vitest'
import { followRedirect } from '../../runtime/http/redirect.ts'
import type { Verb } from '../../runtime/model/connector.ts'
import {
  type Answer,
  get,
  never,
  ok,
  openSend,
  policy,
  redirectTo,
  request,
  startUpstream,
  textOf,
} from './upstream.ts'

/** Redirects `/` and answers anything else. */
const once =
  (location: string, status?: number): Answer =>
  (socket, text) =>
    (/^\w+ \/ /.test(text) ? redirectTo(location, status) : ok)(socket, text)

const secrets = {
  headers: {
    Authorization: 'Bearer a',
    Cookie: 'b=c',
    'X-Api-Key': 'd',
    'X-Trace': 'e',
    'Content-Type': 'text/plain',
  },
  credentialHeaders: ['x-API-key'],
}

describe('followRedirect() on a redirect', () => {
  test('within an origin keeps the credential', async () => {
    const upstream = await startUpstream(once('/next?x=1#y'))
    const reply = await get(upstream, secrets)
    expect(textOf(reply)).toBe('fine')
    expect(reply.url).toBe(`${upstream.origin}/next?x=1`)
    const second = upstream.received[0]?.split('GET /next?x=1 HTTP/1.1')[1]
    expect(second).toContain('Authorization: Bearer a\r\n')
    expect(second).toContain('X-Api-Key: d\r\n')
  })

  test('to another origin drops every credential, which never comes back', async () => {
    const home = await startUpstream((socket, text) =>
      (text.startsWith('GET /back') ? ok : redirectTo(`${away.origin}/away`))(socket, text),
    )
    const away = await startUpstream((socket, text) =>
      redirectTo(`${home.origin}/back`)(socket, text),
    )
    const reply = await openSend()(
      request(home.origin, secrets),
      policy([home.origin, away.origin]),
      never,
    )
    expect(textOf(reply)).toBe('fine')
    const back = home.received.join('').split('GET /back')[1]
    for (const seen of [away.received[0], back]) {
      expect(seen).toContain('X-Trace: e\r\n')
      expect(seen).not.toMatch(/authorization|cookie|api-key/i)
    }
  })

  test('to an origin that is not declared is refused, and nobody is asked there', async () => {
    const away = await startUpstream(ok)
    const home = await startUpstream(redirectTo(`${away.origin}/steal?x=y`))
    await expect(get(home, secrets)).rejects.toMatchObject({
      type: 'RequestForbidden',
      reason: 'redirect',
      message: `${home.origin}/ redirects to ${away.origin}/steal, an origin and path that the connector does not declare`,
    })
    expect(away.received).toEqual([])
  })

  test('out of the declared path is refused', async () => {
    const upstream = await startUpstream(redirectTo('/admin'))
    const origins = [{ origin: upstream.origin, pathPrefix: '/v1' }]
    await expect(get(upstream, { path: '/v1/a' }, { origins })).rejects.toMatchObject({
      reason: 'redirect',
    })
  })

  test.each([
    'http://169.254.169.254/latest/meta-data/',
    'http://[::ffff:127.0.0.1]/',
    'file:///etc/passwd',
    'https://user:pass@127.0.0.1/',
    '\\\\evil.example.net\\x',
    'http://[',
  ])('to %s is refused', async (location) => {
    const upstream = await startUpstream(redirectTo(location))
    await expect(get(upstream)).rejects.toMatchObject({
      type: 'RequestForbidden',
      reason: 'redirect',
    })
  })

  test('to a declared origin at a forbidden address is refused by the address', async () => {
    const upstream = await startUpstream(redirectTo('http://169.254.169.254/x'))
    const origins = [upstream.origin, 'http://169.254.169.254']
    const allowPrivate = ['127.0.0.0/8', '169.254.0.0/16']
    const sent = openSend()(request(upstream.origin), policy(origins, { allowPrivate }), never)
    await expect(sent).rejects.toMatchObject({ type: 'RequestForbidden', reason: 'address' })
  })

  test('is followed five times, and not a sixth', async () => {
    const upstream = await startUpstream((socket, text) => {
      const count = Number(/^GET \/(\d*)/.exec(text)?.[1])
      return (count === 0 ? ok : redirectTo(`/${count - 1}`))(socket, text)
    })
    expect(textOf(await get(upstream, { path: '/5' }))).toBe('fine')
    await expect(get(upstream, { path: '/6' })).rejects.toMatchObject({
      type: 'RequestForbidden',
      reason: 'redirect',
      message: `${upstream.origin}/1 redirects once more after 5 redirects`,
    })
  })

  test('is a reply like any other where the policy follows none', async () => {
    const upstream = await startUpstream(redirectTo('/next'))
    const strict = policy([upstream.origin], { redirects: 0 })
    const reply = await openSend()(request(`${upstream.origin}/`), strict, never)
    expect(reply).toMatchObject({ status: 302, headers: { location: '/next' } })
    expect(upstream.received.join('')).not.toContain('GET /next')
  })

  test('is followed as often as the policy says', async () => {
    const upstream = await startUpstream(redirectTo('/'))
    const sent = openSend()(
      request(upstream.origin),
      policy([upstream.origin], { redirects: 1 }),
      never,
    )
    await expect(sent).rejects.toMatchObject({ reason: 'redirect' })
    expect(upstream.received.join('').match(/GET \/ /g)).toHaveLength(2)
  })

  test('in a circle ends', async () => {
    const upstream = await startUpstream(redirectTo('/'))
    await expect(get(upstream)).rejects.toMatchObject({ reason: 'redirect' })
    expect(upstream.received.join('').match(/GET \/ /g)).toHaveLength(6)
  })

  test.each<[number, Verb, Verb]>([
    [301, 'POST', 'GET'],
    [302, 'POST', 'GET'],
    [303, 'POST', 'GET'],
    [301, 'PUT', 'PUT'],
    [302, 'DELETE', 'DELETE'],
    [303, 'PUT', 'GET'],
    [303, 'DELETE', 'GET'],
    [303, 'HEAD', 'HEAD'],
    [301, 'HEAD', 'HEAD'],
    [307, 'POST', 'POST'],
    [308, 'PATCH', 'PATCH'],
  ])('by %i turns %s into %s', async (status, verb, next) => {
    const upstream = await startUpstream(once('/next', status))
    const body = verb === 'HEAD' ? null : Buffer.from('payload')
    await get(upstream, { ...secrets, verb, body })
    const second = upstream.received.join('').split(`${next} /next HTTP/1.1`)[1] ?? ''
    const keeps = next === verb && verb !== 'HEAD'
    expect(second.endsWith('\r\n\r\npayload')).toBe(keeps)
    expect(second.includes('Content-Type: text/plain')).toBe(next === verb)
    expect(second.includes('X-Trace: e')).toBe(true)
  })

  test.each([300, 304, 305, 306])('by %i is not followed', async (status) => {
    const upstream = await startUpstream(redirectTo('/next', status))
    expect((await get(upstream)).status).toBe(status)
  })
})

describe('followRedirect()', () => {
  const follow = (from: string, location: string) => {
    const hop = { verb: 'GET', url: new URL(from), headers: new Map(), body: null } as const
    const origins = ['https://a.example', 'https://b.example', 'http://a.example'].map(
      (origin) => ({ origin, pathPrefix: '/' }),
    )
    return followRedirect({ hop, status: 302, location, credentialHeaders: new Set() }, origins).url
      .href
  }

  test('goes from https to https, from http to http, and from http to https', () => {
    expect(follow('https://a.example/x/y', 'z')).toBe('https://a.example/x/z')
    expect(follow('https://a.example/', 'https://b.example/')).toBe('https://b.example/')
    expect(follow('http://a.example/', '/x')).toBe('http://a.example/x')
    expect(follow('http://a.example/', 'https://a.example/')).toBe('https://a.example/')
    expect(follow('https://a.example/', '//b.example/')).toBe('https://b.example/')
  })

  test('does not go from https to http, even where both are declared', () => {
    expect(() => follow('https://a.example/x', 'http://a.example/')).toThrow(
      'https://a.example/x redirects from https to http',
    )
  })
})
