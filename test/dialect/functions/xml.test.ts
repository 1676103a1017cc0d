import { describe, expect, test } from 'vitest'
import { parseXml } from '../../../runtime/http/xml.ts'
import { deserializeXml, serializeXml } from '../../../runtime/sandbox/guest/libraries/xml.ts'
import { runScript } from './support.ts'

const documents = [
  '<a/>',
  '<a>text</a>',
  '<a x="1">text</a>',
  '<a><b>1</b><b>2</b><c/></a>',
  '<a><b><c k="v"/></b></a>',
  '<a>one &amp; &#233; &#x1F600; &lt;&unknown;</a>',
  '<a><![CDATA[<raw> & such]]></a>',
  '<?xml version="1.0"?><!-- a remark --><a>1.50</a>',
  '<s:Envelope xmlns:s="urn:s"><s:Body>007</s:Body></s:Envelope>',
  '<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>',
]

describe('dialect 5 cyclr_xml_deserialize', () => {
  test('gives attributes, text and repeated elements their places', async () => {
    const { content } = await runScript(
      `return cyclr_xml_deserialize('<order id="7"><item>a</item><item n="2">b</item><note/></order>')`,
    )
    expect(content).toEqual({
      order: { '@id': '7', item: ['a', { '#text': 'b', '@n': '2' }], note: '' },
    })
  })

  test('deserializeXml() says of an object that it is read already', () => {
    expect(() => deserializeXml({ order: 'a' })).toThrow('is an object already')
  })

  test.each(documents)('deserializeXml() reads %s as a response is read', (text) => {
    expect(deserializeXml(text)).toEqual(parseXml(text))
  })

  test.each(['', 'text', '<a>', '<a/><b/>', '<a></b>', `${'<a>'.repeat(70)}${'</a>'.repeat(70)}`])(
    'deserializeXml() refuses %j',
    (text) => {
      expect(() => deserializeXml(text)).toThrow(/^cyclr_xml_deserialize: /)
    },
  )
})

describe('dialect 5 cyclr_xml_serialize', () => {
  test('writes the root key, and no declaration', async () => {
    const { content } = await runScript(`return cyclr_xml_serialize(
      { order: { '@id': 7, item: ['a', { '#text': 'b', '@n': 2 }], note: null, at: new Date(0) } })`)
    expect(content).toBe(
      '<order id="7"><item>a</item><item n="2">b</item><note/>' +
        '<at>1970-01-01T00:00:00.000Z</at></order>',
    )
  })

  test('writes a declaration where the object has one', () => {
    const declaration = { '@version': '1.0', '@encoding': 'UTF-8' }
    expect(serializeXml({ '?xml': declaration, a: 1 })).toBe(
      '<?xml version="1.0" encoding="UTF-8"?><a>1</a>',
    )
  })

  test('lets no value and no key be markup', () => {
    const written = serializeXml({ a: { '@b': '"><x y="', c: '</c><d/>', e: 'one\ntwo & more' } })
    expect(deserializeXml(written)).toEqual({
      a: { '@b': '"><x y="', c: '</c><d/>', e: 'one\ntwo & more' },
    })
    expect(() => serializeXml({ a: { 'b><c': 1 } })).toThrow('is not the name of an element')
    expect(() => serializeXml({ a: { '@b="1" c': 1 } })).toThrow('is not the name of an element')
  })

  test.each([[{}], [{ a: 1, b: 2 }], [{ a: [1, 2] }], ['text'], [null], [undefined]])(
    'serializeXml() refuses %j',
    (value) => {
      expect(() => serializeXml(value)).toThrow(/^cyclr_xml_serialize: /)
    },
  )
})
