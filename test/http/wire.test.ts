import { describe, expect, test } from 'vitest'
import type { Address, Lookup } from '../../runtime/http/wire.ts'
import {
  never,
  ok,
  openSend,
  policy,
  request,
  startUpstream,
  textOf,
  type Upstream,
} from './upstream.ts'

const v4 = (address: string): Address => ({ address, family: 4 })

function origin(host: string, upstream: Upstream): string {
  return `http://${host}:${upstream.port}`
}

async function ask(upstream: Upstream, host: string, lookup?: Lookup, allowPrivate?: string[]) {
  const place = origin(host, upstream)
  const limits = allowPrivate === undefined ? {} : { allowPrivate }
  return await openSend(lookup ? { lookup } : {})(request(place), policy([place], limits), never)
}

describe('exchange() and the address that is dialled, which', () => {
  test.each([
    '127.0.0.1',
    '0x7f000001',
    '2130706433',
    '0177.0.0.1',
    '127.1',
    '0x7f.0x00.0x00.0x01',
    '１２７.0.0.1',
    'ⓛocalhost',
    'localhost',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[::7f00:1]',
    '0.0.0.0',
    '[::]',
  ])('is refused for %s without an allowed network', async (host) => {
    const upstream = await startUpstream(ok)
    const place = origin(host, upstream)
    const sent = openSend()(request(place), policy([place], { allowPrivate: [] }), never)
    await expect(sent).rejects.toMatchObject({ type: 'RequestForbidden', reason: 'address' })
    expect(upstream.received).toEqual([])
  })

  test.each([
    '169.254.169.254',
    '[::a9fe:a9fe]',
    '[::ffff:169.254.169.254]',
    '[64:ff9b::a9fe:a9fe]',
    '[fd00:ec2::254]',
    '168.63.129.16',
  ])('is refused for the metadata service %s even where all networks are allowed', async (host) => {
    const place = `http://${host}`
    const limits = { allowPrivate: ['0.0.0.0/0', '::/0'], requestMs: 500 }
    await expect(openSend()(request(place), policy([place], limits), never)).rejects.toMatchObject({
      type: 'RequestForbidden',
      reason: 'address',
    })
  })

  test('is allowed within an allowed network, by literal and by name', async () => {
    const upstream = await startUpstream(ok)
    expect(textOf(await ask(upstream, '127.0.0.1'))).toBe('fine')
    expect(textOf(await ask(upstream, 'a.example', async () => [v4('127.0.0.1')]))).toBe('fine')
    expect(upstream.received[1]).toContain(`host: a.example:${upstream.port}\r\n`)
  })

  test('is refused if one answer of several is not allowed', async () => {
    const upstream = await startUpstream(ok)
    const lookup = async () => [v4('127.0.0.1'), v4('10.0.0.7')]
    await expect(ask(upstream, 'mixed.example', lookup)).rejects.toMatchObject({
      reason: 'address',
    })
    expect(upstream.received).toEqual([])
  })

  test('is the one that was checked: a name is looked up once per connection', async () => {
    const upstream = await startUpstream(ok)
    const answers = [[v4('127.0.0.1')], [v4('10.0.0.1')]]
    let asked = 0
    const lookup = async () => answers[asked++] ?? []
    expect(textOf(await ask(upstream, 'rebind.example', lookup))).toBe('fine')
    expect(asked).toBe(1)
  })

  test('is checked anew when the name points elsewhere later', async () => {
    const upstream = await startUpstream((socket) =>
      socket.end('HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n'),
    )
    const answers = [[v4('127.0.0.1')], [v4('169.254.169.254')]]
    const send = openSend({ lookup: async () => answers.shift() ?? [] })
    const place = origin('rebind.example', upstream)
    const go = () => send(request(place), policy([place]), never)
    expect((await go()).status).toBe(200)
    await expect(go()).rejects.toMatchObject({ type: 'RequestForbidden', reason: 'address' })
    expect(upstream.received).toHaveLength(1)
  })

  test('has a zone, a port or a name in it: refused', async () => {
    const upstream = await startUpstream(ok)
    for (const address of ['fe80::1%lo', 'localhost', '127.0.0.1:80']) {
      await expect(ask(upstream, 'odd.example', async () => [v4(address)])).rejects.toMatchObject({
        reason: 'address',
      })
    }
  })

  test('is tried in turn until one answers', async () => {
    const upstream = await startUpstream(ok)
    const lookup = async () => [v4('127.0.0.99'), v4('127.0.0.1')]
    expect(textOf(await ask(upstream, 'two.example', lookup))).toBe('fine')
  })

  test('is refused in the same words for every reason', async () => {
    const upstream = await startUpstream(ok)
    const texts = await Promise.all(
      ['10.0.0.1', '169.254.169.254', '::1', '224.0.0.1', 'fe80::1%lo'].map((address) =>
        ask(upstream, 'x.example', async () => [v4(address)], []).then(
          () => 'sent',
          (error: Error) => JSON.stringify(error),
        ),
      ),
    )
    expect(new Set(texts).size).toBe(1)
    expect(texts[0]).toContain('Request to x.example is not allowed')
  })
})

describe('exchange() on a name that is not there', () => {
  const failing = (code: string) => async () => {
    throw Object.assign(new Error(`getaddrinfo ${code} 10.0.0.53`), { code })
  }

  test.each([
    ['ENOTFOUND', 'its name is not known (ENOTFOUND)'],
    ['EAI_AGAIN', 'its name could not be looked up now (EAI_AGAIN)'],
  ])('is a ConnectionError by %s', async (code, because) => {
    const upstream = await startUpstream(ok)
    await expect(ask(upstream, 'no.example', failing(code))).rejects.toMatchObject({
      type: 'ConnectionError',
      reason: 'dns',
      message: `Failed to establish a connection with http://no.example:${upstream.port}/: ${because}`,
    })
  })

  test('is one without any address too', async () => {
    const upstream = await startUpstream(ok)
    await expect(ask(upstream, 'no.example', async () => [])).rejects.toMatchObject({
      reason: 'dns',
    })
  })
})
