import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib'
import { CallFailure } from '../model/failure.ts'
import { printable } from './egress.ts'

/** What a request says it can read; a script has no say in it. */
export const acceptEncoding = 'gzip, deflate, br'

export type Encoded = {
  readonly body: Readable
  /** The `content-encoding` header. */
  readonly encoding: string
  /** Decoded bytes at most. */
  readonly limit: number
  readonly url: URL
}

/**
 * Reads a body to its end and takes off its encoding, of which one layer is read: a second one has
 * no honest use. Rejects with ResponseTooLarge as soon as one byte more than the limit is decoded,
 * with ResponseParseError where the body does not decode, else with the error of the stream.
 */
export async function decodeBody(encoded: Encoded): Promise<Uint8Array> {
  const { body, encoding, url } = encoded
  const layers = encoding
    .toLowerCase()
    .split(',')
    .map((layer) => layer.trim())
  const [layer, ...others] = layers.filter((name) => name !== '' && name !== 'identity')
  const chunks = body[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  const first = await chunks.next()
  if (first.done) return new Uint8Array(0)
  const seen: { error: unknown } = { error: null }
  const source = rejoin(first.value, chunks, seen)
  if (layer === undefined) return await collect(source, encoded)
  const decoder = others.length === 0 ? decoderOf(layer, first.value) : null
  if (decoder === null) {
    body.destroy()
    throw undecodable(
      url,
      `its encoding ${JSON.stringify(encoding.slice(0, 100))} is not supported`,
    )
  }
  try {
    return await pipeline(Readable.from(source), decoder, (decoded) => collect(decoded, encoded))
  } catch (error) {
    if (error instanceof CallFailure || seen.error !== null) throw error
    throw undecodable(url, `it is not ${layer}, or was cut off`)
  }
}

/** The bytes from the first chunk on. Notes an error of the network, to tell it from the decoder's. */
async function* rejoin(
  first: Buffer,
  rest: AsyncIterator<Buffer>,
  seen: { error: unknown },
): AsyncGenerator<Buffer> {
  try {
    yield first
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value
  } catch (error) {
    seen.error = error
    throw error
  } finally {
    await rest.return?.()
  }
}

/** RFC 9110 section 8.4.1. Some servers send `deflate` without its zlib header. */
function decoderOf(layer: string, first: Buffer) {
  if (layer === 'gzip' || layer === 'x-gzip') return createGunzip()
  if (layer === 'br') return createBrotliDecompress()
  if (layer !== 'deflate') return null
  return ((first[0] ?? 0) & 0x0f) === 8 ? createInflate() : createInflateRaw()
}

async function collect(
  source: AsyncIterable<Buffer>,
  { limit, url }: Encoded,
): Promise<Uint8Array> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of source) {
    bytes += chunk.length
    if (bytes > limit) {
      throw new CallFailure(
        'ResponseTooLarge',
        `The response of ${printable(url)} is larger than ${limit} bytes`,
      )
    }
    chunks.push(chunk)
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)
}

function undecodable(url: URL, because: string): CallFailure {
  return new CallFailure(
    'ResponseParseError',
    `The response of ${printable(url)} cannot be read: ${because}`,
    { reason: 'encoding' },
  )
}
