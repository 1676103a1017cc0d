import { describe, expect, test } from 'vitest'
import { encodeBody, readReply, readText } from '../../runtime/http/body.ts'
import type { Reply } from '../../runtime/model/call.ts'
import type { BodyType, ResponseFormat } from '../../runtime/model/connector.ts'
import { CallFailure } from '../../runtime/model/failure.ts'
import type { Json } from '../../runtime/model/json.ts'

function encode(body: Json, bodyType: BodyType, xmlRoot = '') {
  const { bytes, contentType } = encodeBody(body, bodyType, { xmlRoot })
  return { text: bytes === null ? null : Buffer.from(bytes).toString('utf8'), contentType }
}

function reply(body: string | Uint8Array, contentType?: string): Reply {
  return {
    status: 200,
    reason: 'OK',
    headers: contentType === undefined ? {} : { 'content-type': contentType },
    body: typeof body === 'string' ? Buffer.from(body) : body,
    url: 'https://api.example.com/',
  }
}

function read(body: string | Uint8Array, contentType?: string, format: ResponseFormat = 'auto') {
  const { format: chosen, text, content, warning } = readReply(reply(body, contentType), format)
  return { format: chosen, text, content, warning }
}

describe('encodeBody()', () => {
  test.each<BodyType>(['none', 'json', 'form', 'xml', 'text', 'multipart'])(
    'sends nothing for null as %s',
    (bodyType) => {
      expect(encode(null, bodyType)).toEqual({ text: null, contentType: null })
    },
  )

  test.each<[BodyType, Json, string, string]>([
    ['json', { a: ['ü', null] }, '{"a":["ü",null]}', 'application/json'],
    ['json', 'text', '"text"', 'application/json'],
    ['json', false, 'false', 'application/json'],
    [
      'form',
      { a: 'x y&', b: [1, true] },
      'a=x+y%26&b%5B0%5D=1&b%5B1%5D=true',
      'application/x-www-form-urlencoded',
    ],
    ['form', 'a=already', 'a=already', 'application/x-www-form-urlencoded'],
    [
      'xml',
      { a: 'b' },
      '<?xml version="1.0" encoding="UTF-8"?><a>b</a>',
      'application/xml; charset=utf-8',
    ],
    ['xml', '<a/>', '<a/>', 'application/xml; charset=utf-8'],
    ['text', 'plain ü', 'plain ü', 'text/plain; charset=utf-8'],
    ['text', { a: 1 }, '{"a":1}', 'text/plain; charset=utf-8'],
  ])('encodes as %s: %j', (bodyType, body, text, contentType) => {
    expect(encode(body, bodyType)).toEqual({ text, contentType })
  })

  test('sends nothing as none, whatever there is', () => {
    expect(encode({ a: 1 }, 'none')).toEqual({ text: null, contentType: null })
  })

  test('puts an XML body under the root that the method names', () => {
    expect(encode({ a: 'b' }, 'xml', 'root').text).toContain('<root><a>b</a></root>')
  })

  test('encodes multipart with a boundary of its own each time', () => {
    const [first, second] = [encode({ a: '1' }, 'multipart'), encode({ a: '1' }, 'multipart')]
    const boundary = /^multipart\/form-data; boundary=(hookline-[0-9a-f-]{36})$/.exec(
      first.contentType ?? '',
    )?.[1]
    expect(first.text).toBe(
      `--${boundary}\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--${boundary}--\r\n`,
    )
    expect(second.contentType).not.toBe(first.contentType)
  })

  test.each<[BodyType, Json]>([
    ['xml', { a: 1, b: 2 }],
    ['xml', ['a']],
    ['multipart', ['a']],
    ['multipart', 'text'],
  ])('refuses as %s what cannot be said in it: %j', (bodyType, body) => {
    expect(() => encode(body, bodyType)).toThrow(CallFailure)
    expect(() => encode(body, bodyType)).toThrow(/^The body cannot be encoded: /)
  })
})

describe('readReply()', () => {
  test.each([
    ['application/json', 'json'],
    ['Application/JSON; charset=utf-8', 'json'],
    ['text/json', 'json'],
    ['application/x-json', 'json'],
    ['application/problem+json', 'json'],
    ['application/jsonp', 'binary'],
    ['application/xml', 'xml'],
    ['text/xml;charset=utf-8', 'xml'],
    ['application/atom+xml', 'xml'],
    ['application/x-www-form-urlencoded', 'form'],
    ['text/plain', 'text'],
    ['text/html', 'text'],
    ['text/csv', 'text'],
    ['application/x-ndjson', 'text'],
    ['application/octet-stream', 'binary'],
    ['image/png', 'binary'],
    ['application/pdf', 'binary'],
  ])('takes %s for %s', (contentType, format) => {
    expect(read('', contentType).format).toBe(format)
  })

  test.each([
    [' \t\r\n{"a":1}', 'json'],
    ['[1]', 'json'],
    ['hello', 'text'],
    [Buffer.from([0xff, 0xfe, 0xfd]), 'binary'],
  ])('takes %j without a type for %s', (body, format) => {
    expect(read(body).format).toBe(format)
  })

  test('gives the text of JSON as it came, and its content', () => {
    expect(read('{"a": [1]}', 'application/json')).toEqual({
      format: 'json',
      text: '{"a": [1]}',
      content: { a: [1] },
      warning: null,
    })
  })

  test.each<[string, string, Json]>([
    ['application/xml', '<a b="1"><c>2</c></a>', { a: { c: '2', '@b': '1' } }],
    ['application/x-www-form-urlencoded', 'a=1&b=2&b=3', { a: '1', b: ['2', '3'] }],
    ['text/plain', '123', '123'],
    ['image/png', 'PNG', 'UE5H'],
  ])('gives the JSON text of the content of %s', (contentType, body, content) => {
    expect(read(body, contentType)).toMatchObject({
      text: JSON.stringify(content),
      content,
      warning: null,
    })
  })

  test.each<[ResponseFormat, Json]>([
    ['json', [1]],
    ['text', '[1]'],
    ['form', { '[1]': '' }],
    ['binary', 'WzFd'],
  ])('lets the method say that it is %s', (format, content) => {
    expect(read('[1]', 'text/html', format)).toMatchObject({ format, content })
  })

  test.each<ResponseFormat>(['auto', 'json', 'xml', 'form', 'text', 'binary'])(
    'takes an empty body for null as %s, without a warning',
    (format) => {
      expect(read('', 'application/json', format)).toMatchObject({
        text: 'null',
        content: null,
        warning: null,
      })
    },
  )

  test('gives the text of what is not JSON, with a warning that does not quote it', () => {
    expect(read('<html>secret', 'application/json')).toEqual({
      format: 'json',
      text: '<html>secret',
      content: '<html>secret',
      warning: 'the response is not JSON: it does not parse',
    })
  })

  test('gives the text of what is not XML, with a warning', () => {
    expect(read('<a><b></a>', 'application/xml')).toMatchObject({
      format: 'xml',
      text: '"<a><b></a>"',
      content: '<a><b></a>',
      warning: expect.stringMatching(/^the response is not XML: /),
    })
  })

  test('reads JSON 64 deep, and gives the text of what is deeper', () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
    expect(read(nested(64), 'application/json').warning).toBeNull()
    expect(read(nested(65), 'application/json')).toMatchObject({
      content: nested(65),
      warning: 'the response is not JSON: it nests deeper than 64',
    })
  })

  test.each([
    ['application/json', '{"a":1,"__proto__":{"x":1},"constructor":2}', { a: 1 }],
    ['application/x-www-form-urlencoded', 'a=1&__proto__=x&constructor=y', { a: '1' }],
  ])('drops keys that reach a prototype from %s', (contentType, body, content) => {
    const { content: parsed } = read(body, contentType)
    expect(parsed).toEqual(content)
    expect(Object.getOwnPropertyNames(parsed)).toEqual(['a'])
  })

  test('decodes by the charset, and warns of one that it does not know', () => {
    const latin = Buffer.from('"é"', 'latin1')
    expect(read(latin, 'application/json; charset=iso-8859-1').content).toBe('é')
    expect(read('é', 'text/plain; charset=klingon')).toMatchObject({
      content: 'é',
      warning: 'the charset "klingon" is not known; read as UTF-8',
    })
    expect(read('x', 'application/json; charset=klingon').warning).toBe(
      'the charset "klingon" is not known; read as UTF-8; the response is not JSON: it does not parse',
    )
  })

  test('parses nothing until it is asked, and then once', () => {
    const counted = { ...reply('{"a":1}', 'application/json') }
    let reads = 0
    const body = counted.body
    Object.defineProperty(counted, 'body', {
      get: () => {
        reads++
        return body
      },
    })
    const content = readReply(counted, 'json')
    expect(reads).toBe(0)
    expect(content.content).toBe(content.content)
    expect(content.warning).toBeNull()
    const before = reads
    expect(content.content).toEqual({ a: 1 })
    expect(reads).toBe(before)
  })
})

describe('readReply() of large XML', () => {
  const xml = (bytes: number) => Buffer.from(`<a>${' '.repeat(bytes - 7)}</a>`)
  const most = 2 * 1024 * 1024

  test('reads as much as keeps nobody waiting, and refuses one byte more', () => {
    expect(read(xml(most), 'text/xml').warning).toBeNull()
    const refused = { type: 'ResponseTooLarge', reason: 'xml', httpCode: 200 }
    const large = reply(xml(most + 1), 'application/soap+xml')
    expect(() => readReply(large, 'auto')).toThrow(expect.objectContaining(refused))
    expect(() => readReply(large, 'xml')).toThrow(expect.objectContaining(refused))
  })

  test('has it as text where its method says so', () => {
    const large = xml(most + 1)
    expect(read(large, 'text/xml', 'text')).toMatchObject({
      content: large.toString(),
      warning: null,
    })
    expect(readText(reply(large, 'text/xml'))).toBe(large.toString())
  })
})

describe('readText()', () => {
  test('gives the body as text, whatever its type', () => {
    expect(readText(reply('<a/>', 'application/xml'))).toBe('<a/>')
    expect(readText(reply(Buffer.from('é', 'latin1'), 'text/plain; charset=latin1'))).toBe('é')
    expect(readText(reply(''))).toBe('')
  })
})
