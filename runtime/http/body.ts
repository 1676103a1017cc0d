import { isUtf8 } from 'node:buffer'
import { randomUUID } from 'node:crypto'
import type { Reply, ReplyContent } from '../model/call.ts'
import type { BodyType, ResponseFormat } from '../model/connector.ts'
import { CallFailure } from '../model/failure.ts'
import { isJsonObject, type Json, jsonDepth, parseJson } from '../model/json.ts'
import { type Decoded, decodeText } from './charset.ts'
import { parseForm, writeForm } from './form.ts'
import { writeMultipart } from './multipart.ts'
import { parseXml, writeXml } from './xml.ts'

export type EncodedBody = {
  readonly bytes: Uint8Array | null
  /** For the header of that name, unless the request sets its own. */
  readonly contentType: string | null
}

/**
 * Encodes a request's body; null sends none. A body that is already text goes as it is, except as
 * `json`, where it becomes a JSON string. Throws RequestForbidden, reason `body`, where the body
 * cannot be said in that type.
 */
export function encodeBody(
  body: Json,
  bodyType: BodyType,
  options: { readonly xmlRoot: string },
): EncodedBody {
  if (bodyType === 'none' || body === null) return { bytes: null, contentType: null }
  const isText = typeof body === 'string'
  const text = isText ? body : ''
  switch (bodyType) {
    case 'json':
      return encoded(JSON.stringify(body), 'application/json')
    case 'form':
      return encoded(isText ? text : writeForm(body), 'application/x-www-form-urlencoded')
    case 'xml': {
      const xml = isText ? text : writable(() => writeXml(body, options.xmlRoot))
      return encoded(xml, 'application/xml; charset=utf-8')
    }
    case 'text':
      return encoded(isText ? text : JSON.stringify(body), 'text/plain; charset=utf-8')
    case 'binary':
      return { bytes: binaryOf(body), contentType: 'application/octet-stream' }
    case 'multipart': {
      const boundary = `hookline-${randomUUID()}`
      const bytes = writable(() => writeMultipart(body, boundary))
      return { bytes, contentType: `multipart/form-data; boundary=${boundary}` }
    }
  }
}

/**
 * Reads a reply's body by the method's format, or for `auto` by its content type. Nothing is parsed
 * until `content` or `warning` is asked for; `text` of a JSON body is the body. An empty body is
 * null. What does not parse, or nests deeper than 64, is its text, with a warning. Throws
 * ResponseTooLarge, reason `xml`, where XML would keep everybody else waiting (README).
 */
export function readReply(reply: Reply, format: ResponseFormat): ReplyContent {
  const contentType = reply.headers['content-type'] ?? ''
  const chosen = format === 'auto' ? formatOf(contentType, reply.body) : format
  if (chosen === 'xml') demandReadable(reply)
  const decoded = once(() => decodeText(reply.body, contentType))
  const parsed = once(() => parseBody(chosen, reply.body, decoded))
  return {
    format: chosen,
    get text() {
      if (reply.body.length === 0) return 'null'
      return chosen === 'json' ? decoded().text : JSON.stringify(parsed().content)
    },
    get content() {
      return parsed().content
    },
    get warning() {
      return parsed().warning
    },
  }
}

/** A reply's body as text, whatever its type: what `method_error.content` shows. */
export function readText(reply: Reply): string {
  return decodeText(reply.body, reply.headers['content-type'] ?? '').text
}

type Format = ReplyContent['format']
type Parsed = { readonly content: Json; readonly warning: string | null }

const maxDepth = 64
const maxXmlBytes = 2 * 1024 * 1024

/** As a text it would be an answer to which no rule applies, an error taken for a success. */
function demandReadable({ body, status }: Reply): void {
  if (body.length <= maxXmlBytes) return
  throw new CallFailure(
    'ResponseTooLarge',
    `The answer is XML of ${body.length} bytes, and ${maxXmlBytes} are the most that is read as data; ask for less at a time, or declare \`response: text\` and let a script read it`,
    { reason: 'xml', httpCode: status },
  )
}

function encoded(text: string, contentType: string): EncodedBody {
  return { bytes: Buffer.from(text), contentType }
}

/** A file: base64, as binary responses are read, alone or as the `base64` of an object. */
function binaryOf(body: Json): Uint8Array {
  const text = isJsonObject(body) ? body.base64 : body
  if (typeof text === 'string' && /^[A-Za-z0-9+/_=\s-]*$/.test(text))
    return Buffer.from(text, 'base64')
  throw new CallFailure('RequestForbidden', 'A binary body is base64, or an object with `base64`', {
    reason: 'body',
  })
}

function writable<T>(write: () => T): T {
  try {
    return write()
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw new CallFailure('RequestForbidden', `The body cannot be encoded: ${error.message}`, {
      reason: 'body',
    })
  }
}

/** RFC 9110 section 8.3.1, with the structured suffixes of RFC 6839. */
function formatOf(contentType: string, body: Uint8Array): Format {
  const type = (contentType.split(';')[0] ?? '').trim().toLowerCase()
  if (type === '') return untypedFormat(body)
  if (/^(application|text)\/(x-)?json$|\+json$/.test(type)) return 'json'
  if (/^(application|text)\/xml$|\+xml$/.test(type)) return 'xml'
  if (type === 'application/x-www-form-urlencoded') return 'form'
  return type.startsWith('text/') || textual.has(type) ? 'text' : 'binary'
}

const textual: ReadonlySet<string> = new Set([
  'application/javascript',
  'application/x-ndjson',
  'application/jsonl',
  'application/yaml',
  'application/x-yaml',
  'application/graphql',
])

/** Nobody said what it is, so the body says: JSON by its first character, else text or bytes. */
function untypedFormat(body: Uint8Array): Format {
  const first = body.find(
    (byte) => byte !== 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d,
  )
  if (first === 0x7b || first === 0x5b) return 'json'
  return isUtf8(body) ? 'text' : 'binary'
}

function parseBody(format: Format, body: Uint8Array, decoded: () => Decoded): Parsed {
  if (body.length === 0) return { content: null, warning: null }
  if (format === 'binary') return { content: Buffer.from(body).toString('base64'), warning: null }
  const { text, warning } = decoded()
  try {
    return { content: parseText(format, text), warning }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    const unparsed = `the response is not ${format.toUpperCase()}: ${error.message.slice(0, 200)}`
    return { content: text, warning: warning === null ? unparsed : `${warning}; ${unparsed}` }
  }
}

function parseText(format: Exclude<Format, 'binary'>, text: string): Json {
  if (format === 'text') return text
  if (format === 'form') return withoutPrototypes(parseForm(text))
  if (format === 'xml') return withoutPrototypes(parseXml(text))
  if (jsonDepth(text) > maxDepth) throw new SyntaxError(`it nests deeper than ${maxDepth}`)
  return parseQuietly(text)
}

/** V8 quotes the text in its message, and a trail must not. */
function parseQuietly(text: string): Json {
  try {
    return parseJson(text)
  } catch {
    throw new SyntaxError('it does not parse')
  }
}

function withoutPrototypes(content: Json): Json {
  return parseJson(JSON.stringify(content))
}

function once<T>(compute: () => T): () => T {
  let result: { readonly value: T } | undefined
  return () => {
    result ??= { value: compute() }
    return result.value
  }
}
