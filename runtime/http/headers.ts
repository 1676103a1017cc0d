import { forbidden } from './egress.ts'
import type { Header } from './wire.ts'

/** The headers that a request may carry, in bytes of names and values, and in number. */
const maxBytes = 32 * 1024
const maxCount = 200

/**
 * Checks the headers of a request and returns a copy of them, by their lower-case names. Throws RequestForbidden, reason
 * `header`. Names and values follow RFC 9110 section 5; a value is Latin-1 text in one line.
 */
export function checkHeaders(headers: Readonly<Record<string, string>>): Map<string, Header> {
  const checked = new Map<string, Header>()
  let bytes = 0
  for (const [name, value] of Object.entries(headers)) {
    const lower = name.toLowerCase()
    if (!token.test(name)) throw refuse(name, 'its name is not a token (RFC 9110 section 5.6.2)')
    if (isOurs(lower)) throw refuse(name, 'it belongs to the connection, not to the request')
    if (checked.has(lower)) throw refuse(name, 'it is there twice, in upper and lower case')
    if (typeof value !== 'string' || !fieldValue.test(value)) {
      throw refuse(name, 'its value must be one line of Latin-1 text')
    }
    checked.set(lower, { name, value: value.trim() })
    bytes += name.length + value.length
  }
  if (bytes > maxBytes || checked.size > maxCount) {
    throw forbidden(
      'header',
      `Request is not allowed: it has more than ${maxCount} headers or more than ${maxBytes} bytes of them`,
    )
  }
  return checked
}

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/

function refuse(name: string, because: string) {
  return forbidden(
    'header',
    `Request is not allowed: header ${JSON.stringify(name.slice(0, 100))}: ${because}`,
  )
}

/**
 * Headers that say how the message is framed or which way it came: set by us, or by nobody. A
 * connector that could set them could smuggle a second request, or speak for a proxy.
 */
function isOurs(lower: string): boolean {
  return ours.has(lower) || lower.startsWith('proxy-') || lower.startsWith('x-forwarded-')
}

const ours: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'keep-alive',
  'te',
  'trailer',
  'upgrade',
  'expect',
  'http2-settings',
  'forwarded',
  'via',
])
