import { isJsonObject, type Json, type JsonObject } from '../model/json.ts'

/**
 * Writes `multipart/form-data` (RFC 7578). A member is a field; an object with `filename` and
 * either `content` (text) or `base64` is a file, whose `content_type` may be given; an array is the
 * same field several times; any other object is a part of JSON. Throws `SyntaxError` where the body
 * is no object, or a content type is more than one line.
 */
export function writeMultipart(body: Json, boundary: string): Uint8Array {
  if (!isJsonObject(body)) throw new SyntaxError('a multipart body must be an object of fields')
  const parts = Object.entries(body).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((item: Json) => writePart(name, item)),
  )
  return Buffer.concat([
    ...parts.flatMap((part) => [Buffer.from(`--${boundary}\r\n`), part, Buffer.from('\r\n')]),
    Buffer.from(`--${boundary}--\r\n`),
  ])
}

function writePart(name: string, value: Json): Buffer {
  const disposition = `Content-Disposition: form-data; name="${quote(name)}"`
  if (!isJsonObject(value)) return join([disposition], Buffer.from(plainText(value)))
  if (typeof value.filename === 'string') return writeFile(disposition, value.filename, value)
  return join([disposition, 'Content-Type: application/json'], Buffer.from(JSON.stringify(value)))
}

function writeFile(disposition: string, filename: string, file: JsonObject): Buffer {
  const type = file.content_type ?? 'application/octet-stream'
  if (typeof type !== 'string' || !/^[\x20-\x7e]+$/.test(type)) {
    throw new SyntaxError(
      `the content type of file ${JSON.stringify(filename)} is not one line of text`,
    )
  }
  const headers = [`${disposition}; filename="${quote(filename)}"`, `Content-Type: ${type}`]
  if (typeof file.base64 === 'string') return join(headers, Buffer.from(file.base64, 'base64'))
  return join(headers, Buffer.from(plainText(file.content ?? '')))
}

function join(headers: readonly string[], content: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${headers.join('\r\n')}\r\n\r\n`), content])
}

function plainText(value: Json): string {
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value ?? '')
}

/** As browsers write names (WHATWG HTML, multipart form data): no quote or line end gets through. */
function quote(name: string): string {
  return name.replace(/\r\n|\r|\n/g, '%0D%0A').replaceAll('"', '%22')
}
