/**
 * A frame: the length of all that follows (32 bits, little-endian), the length of the header, the
 * header as JSON, then the texts. The header lists the lengths of the texts, in bytes, as `sizes`.
 */
export function encodeFrame(header: object, texts: readonly string[]): Buffer {
  const sizes = texts.map((text) => Buffer.byteLength(text))
  const head = JSON.stringify({ ...header, sizes })
  const headSize = Buffer.byteLength(head)
  const frame = Buffer.allocUnsafe(8 + headSize + sizes.reduce((sum, size) => sum + size, 0))
  frame.writeUInt32LE(frame.length - 4, 0)
  frame.writeUInt32LE(headSize, 4)
  let at = 8 + frame.write(head, 8)
  for (const text of texts) at += frame.write(text, at)
  return frame
}

export type Frame = {
  readonly header: Readonly<Record<string, unknown>>
  readonly texts: readonly string[]
}

/** Reads what follows the first length. Throws `RangeError` or `SyntaxError` on nonsense. */
export function decodeFrame(body: Buffer): Frame {
  const headEnd = 4 + body.readUInt32LE(0)
  if (headEnd > body.length) throw new RangeError('the header is longer than its frame')
  const header: unknown = JSON.parse(body.toString('utf8', 4, headEnd))
  if (typeof header !== 'object' || header === null) throw new RangeError('no header')
  const { sizes = [] } = header as { sizes?: unknown }
  if (!Array.isArray(sizes)) throw new RangeError('no sizes')

  const texts: string[] = []
  let at = headEnd
  for (const size of sizes) {
    if (!Number.isInteger(size) || size < 0 || at + size > body.length) {
      throw new RangeError('a text is longer than its frame')
    }
    texts.push(body.toString('utf8', at, at + size))
    at += size
  }
  return { header: header as Frame['header'], texts }
}
