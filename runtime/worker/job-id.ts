import { randomBytes } from 'node:crypto'

const shape = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

export function isJobId(text: string): boolean {
  return shape.test(text)
}

/**
 * Ids that sort by when they were made (UUID version 7, RFC 9562 section 5.7), also within one
 * millisecond of one process: of two jobs of a connection, the older one goes first, and an index
 * grows at its end only.
 */
export function createJobIds(now: () => number = Date.now): () => string {
  let last = 0
  let count = 0
  return () => {
    const at = Math.max(now(), last)
    count = at === last ? count + 1 : 0
    last = count > 0xfff ? at + 1 : at
    if (count > 0xfff) count = 0
    const bytes = randomBytes(16)
    bytes.writeUIntBE(last, 0, 6)
    bytes.writeUInt16BE(0x7000 | count, 6)
    bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f)
    const hex = bytes.toString('hex')
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
  }
}
