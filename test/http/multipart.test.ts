import { describe, expect, test } from 'vitest'
import { writeMultipart } from '../../runtime/http/multipart.ts'
import type { Json } from '../../runtime/model/json.ts'

const write = (body: Json) => Buffer.from(writeMultipart(body, 'B'))

/** Read by somebody else’s parser: what it makes of it is what a vendor would. */
async function parse(body: Json): Promise<[string, unknown][]> {
  const bytes = Uint8Array.from(write(body))
  const headers = { 'content-type': 'multipart/form-data; boundary=B' }
  const form = await new Response(bytes, { headers }).formData()
  return await Promise.all(
    [...form].map(
      async ([name, value]): Promise<[string, unknown]> => [
        name,
        typeof value === 'string' ? value : [value.name, value.type, await value.text()],
      ],
    ),
  )
}

describe('writeMultipart()', () => {
  test('writes fields, repeated fields and files', async () => {
    const body = {
      text: 'é',
      number: 1.5,
      flag: true,
      nothing: null,
      tags: ['a', 'b'],
      file: { filename: 'a.csv', content_type: 'text/csv', content: 'x,y\r\n' },
      plain: { filename: 'b.bin', base64: 'aGk=' },
    }
    expect(await parse(body)).toEqual([
      ['text', 'é'],
      ['number', '1.5'],
      ['flag', 'true'],
      ['nothing', ''],
      ['tags', 'a'],
      ['tags', 'b'],
      ['file', ['a.csv', 'text/csv', 'x,y\r\n']],
      ['plain', ['b.bin', 'application/octet-stream', 'hi']],
    ])
  })

  test('writes any other object as a part of JSON', () => {
    expect(write({ meta: { a: 1 } }).toString()).toBe(
      '--B\r\nContent-Disposition: form-data; name="meta"\r\nContent-Type: application/json\r\n\r\n{"a":1}\r\n--B--\r\n',
    )
    expect(write({ file: { filename: 'a.json', content: { a: [1] } } }).toString()).toContain(
      '\r\n\r\n{"a":[1]}\r\n',
    )
    expect(write({ file: { filename: 'empty' } }).toString()).toContain('\r\n\r\n\r\n--B--')
  })

  test('keeps bytes as they are', () => {
    const bytes = Buffer.from([0, 255, 13, 10, 45, 45])
    const body = write({ file: { filename: 'a', base64: bytes.toString('base64') } })
    expect(body.includes(bytes)).toBe(true)
  })

  test('lets no quote or line end out of a name', () => {
    const text = write({ 'a"\r\nX: 1': { filename: 'b"\nc\rd', content: '' } }).toString()
    expect(text).toContain('name="a%22%0D%0AX: 1"; filename="b%22%0D%0Ac%0D%0Ad"\r\n')
  })

  test.each([['text/csv\r\nX: 1'], [7], ['tëxt'], ['']])(
    'refuses the content type %j',
    (content_type) => {
      expect(() => write({ file: { filename: 'a', content_type, content: '' } })).toThrow(
        SyntaxError,
      )
    },
  )

  test.each([[['a']], ['a'], [1]])('refuses %j, which has no fields', (body) => {
    expect(() => write(body)).toThrow(SyntaxError)
  })
})
