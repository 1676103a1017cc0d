import { createServer as createHttpServer, request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { describe, expect, test } from 'vitest'
import { proxyFor, systemProxy } from '../../runtime/http/proxy.ts'
import {
  fixture,
  listen,
  never,
  ok,
  openSend,
  policy,
  request,
  startTls,
  startUpstream,
  textOf,
} from './upstream.ts'

const extraCaFile = fixture('localhost.cert.pem')

describe('systemProxy()', () => {
  test('reads the three variables, lower case first', () => {
    const environment = {
      HTTP_PROXY: 'http://upper:1',
      http_proxy: 'http://lower:1',
      HTTPS_PROXY: 'http://upper:2',
      NO_PROXY: 'a.example, .b.example\tc.example',
    }
    expect(systemProxy(environment)).toEqual({
      http: 'http://lower:1',
      https: 'http://upper:2',
      except: ['a.example', '.b.example', 'c.example'],
    })
  })

  test('is null where no proxy is named', () => {
    expect(systemProxy({ NO_PROXY: '*', HTTP_PROXY: '' })).toBeNull()
    expect(systemProxy({ HTTPS_PROXY: 'http://p:1' })?.http).toBeNull()
  })
})

describe('proxyFor()', () => {
  const settings = (...except: string[]) => ({ http: 'http://p:1', https: 'http://p:2', except })
  const through = (url: string, ...except: string[]) => proxyFor(new URL(url), settings(...except))

  test('chooses by the scheme', () => {
    expect(through('http://a.example/')).toBe('http://p:1')
    expect(through('https://a.example/')).toBe('http://p:2')
    expect(proxyFor(new URL('http://a.example/'), { ...settings(), http: null })).toBeNull()
  })

  test.each([
    ['https://a.example/', '*'],
    ['https://a.example/', 'A.example'],
    ['https://x.a.example/', 'a.example'],
    ['https://a.example/', '.a.example'],
    ['https://x.a.example/', '*.a.example'],
    ['https://a.example/', 'a.example:443'],
    ['http://a.example/', 'a.example:80'],
    ['http://a.example:8080/', 'b.example', 'a.example:8080'],
    ['http://[::1]/', '::1'],
    ['http://[::1]:8080/', '[::1]:8080'],
  ])('goes past the proxy to %s by %s', (url, ...except) => {
    expect(through(url, ...except)).toBeNull()
  })

  test.each([
    ['https://ba.example/', 'a.example'],
    ['https://a.example/', '*.a.example'],
    ['https://a.example:8443/', 'a.example:443'],
    ['https://example/', 'a.example'],
    ['http://[::1]/', '::2'],
  ])('takes the proxy to %s despite %s', (url, ...except) => {
    expect(through(url, ...except)).not.toBeNull()
  })
})

/** A forward proxy as companies have one; it keeps the first line of what it was asked. */
async function startProxy() {
  const asked: string[] = []
  const server = createHttpServer((incoming, outgoing) => {
    asked.push(`${incoming.method} ${incoming.url}`)
    const onward = httpRequest(incoming.url ?? '', { headers: incoming.headers }, (response) => {
      outgoing.writeHead(response.statusCode ?? 500, response.headers)
      response.pipe(outgoing)
    })
    onward.on('error', () => outgoing.destroy())
    onward.end()
  })
  server.on('connect', (incoming, socket) => {
    asked.push(`CONNECT ${incoming.url}`)
    if (incoming.url?.startsWith('refused.example')) {
      socket.end('HTTP/1.1 403 No\r\n\r\n')
      return
    }
    const tunnel = connect(Number(incoming.url?.split(':')[1]), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      tunnel.pipe(socket).pipe(tunnel)
    })
    tunnel.on('error', () => socket.destroy())
    socket.on('error', () => tunnel.destroy())
  })
  return { uri: `http://127.0.0.1:${await listen(server)}`, asked }
}

describe('createSend() through a proxy, which', () => {
  const unknown = async () => {
    throw Object.assign(new Error('unknown'), { code: 'ENOTFOUND' })
  }

  test('is used only where the operator says so', async () => {
    const proxy = await startProxy()
    const upstream = await startUpstream(ok)
    const environment = { HTTP_PROXY: proxy.uri }
    const go = (options: Parameters<typeof openSend>[0]) =>
      openSend(options)(request(`${upstream.origin}/x`), policy([upstream.origin]), never)
    await go({ environment })
    await go({ environment, proxy: 'none' })
    expect(proxy.asked).toEqual([])
    expect(textOf(await go({ environment, proxy: 'system' }))).toBe('fine')
    expect(proxy.asked).toEqual([`GET ${upstream.origin}/x`])
    await go({ environment: { ...environment, NO_PROXY: '127.0.0.1' }, proxy: 'system' })
    expect(proxy.asked).toHaveLength(1)
  })

  test('carries TLS to a name that only it can look up', async () => {
    const proxy = await startProxy()
    const { port } = await startTls()
    const origin = `https://localhost:${port}`
    const environment = { HTTPS_PROXY: proxy.uri }
    const send = openSend({ environment, proxy: 'system', extraCaFile, lookup: unknown })
    expect(textOf(await send(request(origin), policy([origin]), never))).toBe('over TLS')
    expect(proxy.asked).toEqual([`CONNECT localhost:${port}`])
  })

  test.each([
    ['a literal', 'https://169.254.169.254', unknown],
    [
      'a name that is known here',
      'https://x.example',
      async () => [{ address: '10.0.0.1', family: 4 }],
    ],
  ])('is not asked for a forbidden address: %s', async (_name, origin, lookup) => {
    const proxy = await startProxy()
    const send = openSend({ environment: { HTTPS_PROXY: proxy.uri }, proxy: 'system', lookup })
    await expect(send(request(origin), policy([origin]), never)).rejects.toMatchObject({
      type: 'RequestForbidden',
      reason: 'address',
    })
    expect(proxy.asked).toEqual([])
  })

  test('is asked for a name that our own look-up says nothing of', async () => {
    const proxy = await startProxy()
    const { port } = await startTls()
    const origin = `https://localhost:${port}`
    const environment = { HTTPS_PROXY: proxy.uri }
    const lookup = () => new Promise<never>(() => {})
    const send = openSend({ environment, proxy: 'system', extraCaFile, lookup })
    expect(textOf(await send(request(origin), policy([origin]), never))).toBe('over TLS')
  })

  test('that refuses is named as the one who did', async () => {
    const proxy = await startProxy()
    const origin = 'https://refused.example'
    const send = openSend({
      environment: { HTTPS_PROXY: proxy.uri },
      proxy: 'system',
      lookup: unknown,
    })
    await expect(send(request(origin), policy([origin]), never)).rejects.toMatchObject({
      type: 'ConnectionError',
      reason: 'proxy',
    })
  })
})
