import { describe, expect, test } from 'vitest'
import { decodeText } from '../../runtime/http/charset.ts'

const utf16le = (text: string) => Buffer.from(text, 'utf16le')
const utf16be = (text: string) => utf16le(text).swap16()

describe('decodeText()', () => {
  test.each([
    ['UTF-8 unless said', Buffer.from('é'), 'text/plain', 'é'],
    ['the charset', Buffer.from([0xe9]), 'text/plain; charset=ISO-8859-1', 'é'],
    [
      'a quoted charset among parameters',
      Buffer.from([0xa4]),
      'a/b; x=y; Charset = "iso-8859-15"; z',
      '€',
    ],
    ['a legacy charset', Buffer.from([0x83, 0x65]), 'text/plain;charset=shift_jis', 'テ'],
    [
      'a UTF-8 mark, which is dropped',
      Buffer.from([0xef, 0xbb, 0xbf, 0x61]),
      'a/b; charset=latin1',
      'a',
    ],
    ['a little-endian mark', utf16le('\ufeffé'), 'a/b; charset=utf-8', 'é'],
    ['a big-endian mark', utf16be('\ufeffé'), 'a/b; charset=utf-8', 'é'],
    [
      'the XML declaration',
      Buffer.from('<?xml version="1.0" encoding="ISO-8859-1"?>\xe9', 'latin1'),
      'text/xml',
      '<?xml version="1.0" encoding="ISO-8859-1"?>é',
    ],
    [
      'the charset before the XML declaration',
      Buffer.from("<?xml encoding='latin1'?>é"),
      'text/xml; charset=utf-8',
      "<?xml encoding='latin1'?>é",
    ],
    ['half a mark as no mark', Buffer.from([0xef, 0xbb]), '', '\ufffd'],
    ['what is not UTF-8 with marks in its place', Buffer.from([0x61, 0xff]), '', 'a\ufffd'],
  ])('reads by %s', (_name, bytes, contentType, text) => {
    expect(decodeText(bytes, contentType)).toEqual({ text, warning: null })
  })

  test('reads an unknown charset as UTF-8, with a warning', () => {
    expect(decodeText(Buffer.from('é'), 'a/b; charset=nope')).toEqual({
      text: 'é',
      warning: 'the charset "nope" is not known; read as UTF-8',
    })
  })
})
