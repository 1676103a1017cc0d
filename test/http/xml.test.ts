import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseXml, writeXml } from '../../runtime/http/xml.ts'

describe('parseXml()', () => {
  test.each([
    ['<a/>', { a: '' }],
    ['<?xml version="1.0"?><!-- c --><a>007</a>', { a: '007' }],
    ['<a b="1">t</a>', { a: { '@b': '1', '#text': 't' } }],
    ['<a><b>1</b><b>2</b><c>true</c></a>', { a: { b: ['1', '2'], c: 'true' } }],
    ['<s:a xmlns:s="urn:x"><s:b/></s:a>', { 's:a': { '@xmlns:s': 'urn:x', 's:b': '' } }],
    ['<a>x &lt;&gt;&amp;&quot;&apos; &#65;&#x1F600;</a>', { a: 'x <>&"\' A😀' }],
    ['<a b="&amp;lt;"/>', { a: { '@b': '&lt;' } }],
    ['<a>&unknown;&#0;&#xD800;&#x110000;</a>', { a: '&unknown;&#0;&#xD800;&#x110000;' }],
    ['<a><![CDATA[<b>&amp;]]></a>', { a: '<b>&amp;' }],
  ])('reads %s', (text, content) => {
    expect(parseXml(text)).toEqual(content)
  })

  test.each([
    '',
    'text',
    '<a>',
    '<a><b></a></b>',
    '<a/><b/>',
    '<a/><a/>',
    '{"a":1}',
    '<a><__proto__/></a>',
  ])('does not read %j', (text) => {
    expect(() => parseXml(text)).toThrow(SyntaxError)
  })

  test('expands no entity that a document declares', () => {
    const bomb = `<!DOCTYPE a [<!ENTITY x "boom"><!ENTITY y "&x;&x;">]><a>&y;</a>`
    expect(parseXml(bomb)).toEqual({ a: '&y;' })
    const outside = `<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>`
    expect(() => expect(parseXml(outside)).toEqual({ a: '&x;' })).not.toThrow(/root:/)
  })

  test('reads elements 64 deep, and no deeper', () => {
    const nested = (depth: number) => `${'<a>'.repeat(depth)}x${'</a>'.repeat(depth)}`
    expect(() => parseXml(nested(64))).not.toThrow()
    expect(() => parseXml(nested(66))).toThrow(SyntaxError)
  })
})

describe('writeXml()', () => {
  const head = '<?xml version="1.0" encoding="UTF-8"?>'

  test.each([
    [{ a: { '@b': 'x"<&\n', '#text': 't<&' } }, '', '<a b="x&#34;&#60;&#38;&#10;">t&#60;&#38;</a>'],
    [{ a: { b: [1, true, null, 'x'], c: {} } }, '', '<a><b>1</b><b>true</b><b/><b>x</b><c/></a>'],
    [{ a: 1, b: 2 }, 'root', '<root><a>1</a><b>2</b></root>'],
    ['text', 'root', '<root>text</root>'],
    [null, 'root', '<root/>'],
    [{ 's:a': { '@xmlns:s': 'urn:x' } }, '', '<s:a xmlns:s="urn:x"/>'],
  ])('writes %j under %j', (body, root, text) => {
    expect(writeXml(body, root)).toBe(head + text)
  })

  test.each([
    [{ 'x><y': 1 }, ''],
    [{ a: { '@b c': 1 } }, ''],
    [{ a: { '?xml': 1 } }, ''],
    [{ a: { '1b': 1 } }, ''],
    [{ a: 1 }, 'ro ot'],
    [{ a: 1, b: 2 }, ''],
    [{}, ''],
    [[1], ''],
    ['text', ''],
  ])('does not write %j under %j', (body, root) => {
    expect(() => writeXml(body, root)).toThrow(SyntaxError)
  })

  test('writes what parseXml() reads back', () => {
    const text = fc
      .string({ unit: 'grapheme' })
      .map((value) => value.replace(/\p{Cc}/gu, '').trim())
    fc.assert(
      fc.property(text, text, (attribute, content) => {
        const element = { '@b': attribute, c: content }
        expect(parseXml(writeXml({ a: element }, ''))).toEqual({ a: element })
      }),
    )
  })
})
