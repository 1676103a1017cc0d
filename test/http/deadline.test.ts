import { randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { answerOf, get, never, openSend, policy, request, says, startUpstream } from './upstream.ts'

describe('within()', () => {
  test('ends a request that nobody answers', async () => {
    const upstream = await startUpstream(() => {})
    await expect(
      get(upstream, { path: '/a?key=secret' }, { requestMs: 100 }),
    ).rejects.toMatchObject({
      type: 'Timeout',
      message: `Request for ${upstream.origin}/a timed out`,
    })
  })

  test('ends a name look-up that never answers', async () => {
    const lookup = () => new Promise<never>(() => {})
    const send = openSend({ lookup })
    const limits = policy(['http://slow.example'], { requestMs: 100 })
    await expect(send(request('http://slow.example/'), limits, never)).rejects.toMatchObject({
      type: 'Timeout',
    })
  })

  test('ends a body that trickles', async () => {
    const hungUp = Promise.withResolvers<void>()
    const upstream = await startUpstream((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n')
      const drip = setInterval(() => socket.write('x'), 20)
      socket.on('close', () => {
        clearInterval(drip)
        hungUp.resolve()
      })
    })
    await expect(get(upstream, {}, { requestMs: 300 })).rejects.toMatchObject({ type: 'Timeout' })
    await hungUp.promise
  })

  test('ends a compressed body that trickles', async () => {
    const upstream = await startUpstream((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\ncontent-encoding: gzip\r\n\r\n')
      socket.write(gzipSync(randomBytes(900)).subarray(0, 500))
    })
    await expect(get(upstream, {}, { requestMs: 200 })).rejects.toMatchObject({ type: 'Timeout' })
  })

  test('covers all redirects together', async () => {
    const upstream = await startUpstream((socket) => {
      setTimeout(() => socket.write(answerOf('302 X', ['location: /next'], '')), 120)
    })
    await expect(get(upstream, {}, { requestMs: 300 })).rejects.toMatchObject({
      type: 'Timeout',
      message: `Request for ${upstream.origin}/next timed out`,
    })
  })

  test('ends a redirect whose own body never does', async () => {
    const upstream = await startUpstream(
      says('HTTP/1.1 302 X', 'location: /next', 'content-length: 10', '', 'half'),
    )
    await expect(get(upstream, {}, { requestMs: 200 })).rejects.toMatchObject({ type: 'Timeout' })
  })
})
