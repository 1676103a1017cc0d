import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { Verb } from '../../runtime/model/connector.ts'
import {
  answerOf,
  get,
  never,
  ok,
  openSend,
  policy,
  request,
  says,
  startUpstream,
  textOf,
} from './upstream.ts'

describe('createSend() on the wire', () => {
  test('puts exactly these bytes on the wire', async () => {
    const upstream = await startUpstream(ok)
    const reply = await get(upstream, {
      verb: 'POST',
      path: '/v1/it%20ems;x/../y?b=%C3%A9&a=1#fragment',
      headers: { 'X-Key': 'Ünïcode', 'content-type': 'text/plain' },
      body: Buffer.from([0, 255, 13, 10]),
    })
    expect(upstream.received).toEqual([
      [
        'POST /v1/y?b=%C3%A9&a=1 HTTP/1.1',
        `host: 127.0.0.1:${upstream.port}`,
        'connection: keep-alive',
        'X-Key: Ünïcode',
        'content-type: text/plain',
        'Accept-Encoding: gzip, deflate, br',
        'Accept: */*',
        'User-Agent: hookline',
        'content-length: 4',
        '',
        '\u0000\u00ff\r\n',
      ].join('\r\n'),
    ])
    expect(reply.url).toBe(`${upstream.origin}/v1/y?b=%C3%A9&a=1`)
  })

  test.each<Verb>(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])(
    'sends %s, with no body where there is none',
    async (verb) => {
      const upstream = await startUpstream((socket) =>
        socket.write(answerOf('204 No Content', [], '')),
      )
      const reply = await get(upstream, { verb, body: new Uint8Array(0) })
      expect(upstream.received[0]?.split('\r\n')[0]).toBe(`${verb} / HTTP/1.1`)
      expect(upstream.received[0]?.split('\r\n\r\n')[1]).toBe('')
      expect(reply.body).toHaveLength(0)
    },
  )

  test('sends a body with DELETE, and lets a request set Accept and User-Agent', async () => {
    const upstream = await startUpstream(ok)
    const headers = { accept: 'text/csv', 'user-agent': 'mine', 'accept-encoding': 'zstd' }
    await get(upstream, { verb: 'DELETE', headers, body: Buffer.from('x') })
    expect(upstream.received[0]).toContain('\r\n\r\nx')
    expect(upstream.received[0]).toContain('accept: text/csv\r\n')
    expect(upstream.received[0]).toContain('user-agent: mine\r\n')
    expect(upstream.received[0]).not.toMatch(/hookline|\*\/\*|zstd/)
  })

  test('uses a connection again under the same policy, and never under another', async () => {
    const upstream = await startUpstream(ok)
    const send = openSend()
    const go = async (allowPrivate: readonly string[]) => {
      await send(request(upstream.origin), policy([upstream.origin], { allowPrivate }), never)
      await nextTurn()
    }
    await go(['127.0.0.0/8', '10.0.0.0/8'])
    await go(['10.0.0.0/8', '127.0.0.0/8'])
    expect(upstream.received).toHaveLength(1)
    await go(['127.0.0.0/8'])
    expect(upstream.received).toHaveLength(2)
    await expect(go([])).rejects.toMatchObject({ type: 'RequestForbidden', reason: 'address' })
  })

  test('keeps few policies’ connections open', async () => {
    const upstream = await startUpstream(ok)
    const send = openSend()
    const go = (index: number) =>
      send(
        request(upstream.origin),
        policy([upstream.origin], { allowPrivate: ['127.0.0.0/8', `10.0.${index}.0/24`] }),
        never,
      )
    for (let index = 0; index < 64; index++) await go(index)
    await go(0)
    expect(upstream.received).toHaveLength(64)
    await go(64)
    await go(0)
    expect(upstream.received).toHaveLength(65)
    await go(1)
    expect(upstream.received).toHaveLength(66)
  })
})

describe('createSend() reads a reply', () => {
  test('joins the values of a repeated header, and keeps status and reason', async () => {
    const head = [
      'HTTP/1.1 418 I am a pot',
      'X-A: 1',
      'x-a: 2',
      'Set-Cookie: a=1',
      'set-cookie: b=2',
    ]
    const upstream = await startUpstream(
      says(...head, '__proto__: x', 'content-length: 2', '', 'hi'),
    )
    const reply = await get(upstream)
    expect(reply).toMatchObject({ status: 418, reason: 'I am a pot' })
    expect(reply.headers).toEqual({
      'x-a': '1, 2',
      'set-cookie': 'a=1, b=2',
      'content-length': '2',
    })
    expect(textOf(reply)).toBe('hi')
  })

  test.each([400, 401, 429, 500, 503])(
    'takes %i for a reply, not for a failure',
    async (status) => {
      const upstream = await startUpstream((socket) =>
        socket.write(answerOf(`${status} `, [], 'no')),
      )
      expect(await get(upstream)).toMatchObject({ status, reason: expect.stringMatching(/\w/) })
    },
  )

  test('takes 304, and a redirect without a place to go, for a reply', async () => {
    const upstream = await startUpstream((socket, text) =>
      socket.write(answerOf(text.startsWith('GET /304') ? '304 X' : '302 X', [], '')),
    )
    expect((await get(upstream, { path: '/304' })).status).toBe(304)
    expect((await get(upstream)).status).toBe(302)
  })

  test('passes over interim responses', async () => {
    const upstream = await startUpstream(
      says(
        'HTTP/1.1 103 Early Hints',
        'link: </a>',
        '',
        'HTTP/1.1 200 OK',
        'content-length: 2',
        '',
        'hi',
      ),
    )
    expect(await get(upstream)).toMatchObject({ status: 200 })
  })
})

describe('createSend() refuses', () => {
  test.each([
    ['an origin that is not declared', { url: 'http://127.0.0.2:9/' }, 'origin'],
    ['what is no URL', { url: 'items' }, 'url'],
    ['a header of the connection', { headers: { Host: 'evil.example.net' } }, 'header'],
    ['a verb with a line end', { verb: 'GET / HTTP/1.1\r\nHost: evil\r\n\r\nGET' as Verb }, 'verb'],
    ['a verb in lower case', { verb: 'get' as Verb }, 'verb'],
    ['a body with GET', { body: Buffer.from('smuggle') }, 'body'],
    ['a body with HEAD', { verb: 'HEAD' as Verb, body: Buffer.from('smuggle') }, 'body'],
  ])('%s, without opening a socket', async (_name, fields, reason) => {
    const upstream = await startUpstream(ok)
    const sent = openSend()(
      { ...request(upstream.origin), ...fields },
      policy([upstream.origin]),
      never,
    )
    await expect(sent).rejects.toMatchObject({ type: 'RequestForbidden', reason })
    expect(upstream.received).toEqual([])
  })
})

describe('createSend() and its signal', () => {
  test('rejects with the reason of a signal that is aborted already', async () => {
    const upstream = await startUpstream(ok)
    const reason = new Error('shutting down')
    const sent = openSend()(
      request(upstream.origin),
      policy([upstream.origin]),
      AbortSignal.abort(reason),
    )
    await expect(sent).rejects.toBe(reason)
    expect(upstream.received).toEqual([])
  })

  test('rejects with the reason when aborted before the answer, and hangs up', async () => {
    const abort = new AbortController()
    const reason = new Error('shutting down')
    const hungUp = Promise.withResolvers<void>()
    const upstream = await startUpstream((socket) => {
      socket.on('close', () => hungUp.resolve())
      abort.abort(reason)
    })
    const sent = openSend()(request(upstream.origin), policy([upstream.origin]), abort.signal)
    await expect(sent).rejects.toBe(reason)
    await hungUp.promise
  })

  test('rejects with the reason when aborted in the middle of the body', async () => {
    const abort = new AbortController()
    const reason = new Error('shutting down')
    const upstream = await startUpstream((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf', () => {
        setImmediate(() => abort.abort(reason))
      })
    })
    const sent = openSend()(request(upstream.origin), policy([upstream.origin]), abort.signal)
    await expect(sent).rejects.toBe(reason)
  })

  test('leaves nothing behind on a signal that lives long', async () => {
    const upstream = await startUpstream(ok)
    const counts = { add: 0, remove: 0 }
    const abort = new AbortController()
    const { addEventListener, removeEventListener } = abort.signal
    abort.signal.addEventListener = (...all: Parameters<typeof addEventListener>) => {
      counts.add++
      addEventListener.apply(abort.signal, all)
    }
    abort.signal.removeEventListener = (...all: Parameters<typeof removeEventListener>) => {
      counts.remove++
      removeEventListener.apply(abort.signal, all)
    }
    await openSend()(request(upstream.origin), policy([upstream.origin]), abort.signal)
    expect(counts).toEqual({ add: 1, remove: 1 })
  })
})

describe('createSend() disposed of', () => {
  test('ends what is under way', async () => {
    const { createSend } = await import('../../runtime/http/send.ts')
    const opened = createSend()
    const arrived = Promise.withResolvers<void>()
    const upstream = await startUpstream(() => arrived.resolve())
    const sent = opened.send(request(upstream.origin), policy([upstream.origin]), never)
    sent.catch(() => {})
    await arrived.promise
    await opened[Symbol.asyncDispose]()
    await expect(sent).rejects.toMatchObject({ type: 'ConnectionError' })
  })
})
