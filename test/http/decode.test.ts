import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { type Answer, answerOf, get, says, startUpstream, textOf } from './upstream.ts'

/** Writes a chunk again and again, as fast as it is taken, until the other side hangs up. */
function pour(socket: Socket, chunk: Buffer): void {
  const more = () => {
    while (!socket.destroyed && socket.write(chunk));
  }
  socket.on('drain', more)
  more()
}

const encoded =
  (encoding: string, body: Buffer): Answer =>
  (socket) =>
    socket.write(answerOf('200 OK', [`content-encoding: ${encoding}`], body))

describe('decodeBody() bounds a body', () => {
  test('takes a body of exactly that many bytes, and none of one more', async () => {
    const upstream = await startUpstream((socket, text) =>
      socket.write(answerOf('200 OK', [], 'x'.repeat(text.startsWith('GET /more') ? 101 : 100))),
    )
    expect((await get(upstream, {}, { responseBytes: 100 })).body).toHaveLength(100)
    await expect(get(upstream, { path: '/more' }, { responseBytes: 100 })).rejects.toMatchObject({
      type: 'ResponseTooLarge',
      message: `The response of ${upstream.origin}/more is larger than 100 bytes`,
    })
  })

  test('stops a body that never ends, and hangs up', async () => {
    const hungUp = Promise.withResolvers<void>()
    const upstream = await startUpstream((socket) => {
      socket.on('close', () => hungUp.resolve())
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      pour(socket, Buffer.alloc(65536, 'x'))
    })
    await expect(get(upstream)).rejects.toMatchObject({ type: 'ResponseTooLarge' })
    await hungUp.promise
  })

  test('stops a bomb of 200 MB in 200 kB with flat memory', async () => {
    const bomb = Buffer.concat(Array(100).fill(gzipSync(Buffer.alloc(2_000_000), { level: 9 })))
    expect(bomb.length).toBeLessThan(250_000)
    const upstream = await startUpstream(encoded('gzip', bomb))
    const before = process.resourceUsage().maxRSS
    await expect(get(upstream)).rejects.toMatchObject({ type: 'ResponseTooLarge' })
    expect(process.resourceUsage().maxRSS - before).toBeLessThan(64 * 1024)
  })

  test('counts what was decoded, not what came', async () => {
    const zeros = Buffer.alloc(100_000)
    for (const [encoding, bytes] of [
      ['gzip', gzipSync(zeros)],
      ['br', brotliCompressSync(zeros)],
      ['deflate', deflateSync(zeros)],
    ] as const) {
      const upstream = await startUpstream(encoded(encoding, bytes))
      expect((await get(upstream, {}, { responseBytes: 100_000 })).body).toHaveLength(100_000)
      await expect(get(upstream, {}, { responseBytes: 99_999 })).rejects.toMatchObject({
        type: 'ResponseTooLarge',
      })
    }
  })

  test('stops headers of more than 16 KiB', async () => {
    const many = Array.from({ length: 10_000 }, (_, index) => `x-${index}: v`)
    const upstream = await startUpstream(says('HTTP/1.1 200 OK', ...many, '', ''))
    await expect(get(upstream)).rejects.toMatchObject({
      type: 'ResponseTooLarge',
      reason: 'headers',
    })
  })
})

describe('decodeBody()', () => {
  test.each([
    ['gzip', gzipSync('hello')],
    ['X-GZip', gzipSync('hello')],
    ['br', brotliCompressSync('hello')],
    ['deflate', deflateSync('hello')],
    ['deflate', deflateRawSync('hello')],
    ['identity', Buffer.from('hello')],
    ['gzip, identity', gzipSync('hello')],
    ['', Buffer.from('hello')],
  ])('reads %s', async (encoding, bytes) => {
    const upstream = await startUpstream(encoded(encoding, bytes))
    expect(textOf(await get(upstream))).toBe('hello')
  })

  test('reads a body in many chunks, of an error too', async () => {
    const body = randomBytes(300_000)
    const upstream = await startUpstream((socket) =>
      socket.write(answerOf('500 Broken', ['content-encoding: gzip'], gzipSync(body))),
    )
    expect(Buffer.from((await get(upstream)).body).equals(body)).toBe(true)
  })

  test('reads an empty body, whatever it says of its encoding', async () => {
    const upstream = await startUpstream(encoded('gzip', Buffer.alloc(0)))
    expect((await get(upstream)).body).toHaveLength(0)
    expect((await get(upstream, { verb: 'HEAD' })).body).toHaveLength(0)
  })

  test.each([
    ['gzip', Buffer.from('not gzip')],
    ['gzip', gzipSync(randomBytes(1000)).subarray(0, 500)],
    ['br', Buffer.from('not brotli')],
    ['deflate', Buffer.from('not deflate')],
    ['gzip, gzip', gzipSync(gzipSync('hello'))],
    ['gzip, br', gzipSync('hello')],
    ['zstd', Buffer.from('hello')],
    ['compress', Buffer.from('hello')],
  ])('rejects %s that is not (%#)', async (encoding, bytes) => {
    const upstream = await startUpstream(encoded(encoding, bytes))
    await expect(get(upstream)).rejects.toMatchObject({
      type: 'ResponseParseError',
      reason: 'encoding',
    })
  })

  test.each(['zstd', 'compress', 'gzip, gzip'])(
    'says that it does not know %s',
    async (encoding) => {
      const upstream = await startUpstream(encoded(encoding, deflateRawSync('hello')))
      await expect(get(upstream)).rejects.toMatchObject({
        message: `The response of ${upstream.origin}/ cannot be read: its encoding "${encoding}" is not supported`,
      })
    },
  )

  test('says what a body is not', async () => {
    const upstream = await startUpstream(encoded('br', Buffer.from('not brotli')))
    await expect(get(upstream)).rejects.toMatchObject({
      message: `The response of ${upstream.origin}/ cannot be read: it is not br, or was cut off`,
    })
  })
})
