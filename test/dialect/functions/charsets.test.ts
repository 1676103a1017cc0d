import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { base64ToText, textToBase64 } from '../../../runtime/sandbox/guest/functions/charsets.ts'

const sample = 'Hĕllō Wōrld'

/** Node's own codecs judge ours wherever it has one. */
const judges = [
  ['UTF-8', (text: string) => Buffer.from(text, 'utf8')],
  ['UTF-16', (text: string) => Buffer.from(text, 'utf16le')],
  ['UTF-16LE', (text: string) => Buffer.from(text, 'utf16le')],
  ['UTF-16BE', (text: string) => Buffer.from(text, 'utf16le').swap16()],
] as const

const lossless = 'UTF-7 UTF-8 UTF-16 UTF-16LE UTF-16BE UTF-32 UTF-32LE UTF-32BE'.split(' ')

describe('dialect 5 btoa', () => {
  test.each(judges)('textToBase64() writes %s as Node does', (charset, judge) => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
        expect(textToBase64(text, charset)).toBe(judge(text).toString('base64'))
      }),
    )
  })

  test.each([
    ['ASCII', 'H?ll? W?rld'],
    ['ISO-8859-1', 'Hello World'],
  ])('textToBase64() writes the nearest that %s has', (charset, bytes) => {
    expect(textToBase64(sample, charset)).toBe(Buffer.from(bytes, 'latin1').toString('base64'))
  })

  test('textToBase64() gives the documented bytes for the documented sample', () => {
    expect(textToBase64(sample, 'ISO-8859-1')).toBe('SGVsbG8gV29ybGQ=')
  })

  test.each([
    ['café £', 'café £'],
    ['Łódź Đ', 'Lódz D'],
    ['“a” – ‘b’…', '"a" - \'b\'.'],
    ['ＡＢ！', 'AB!'],
    ['日本 😀', '?? ??'],
    ['e\u0306', 'e?'],
  ])('textToBase64() fits %s into ISO-8859-1 as %s', (text, fitted) => {
    const base64 = textToBase64(text, 'iso-8859-1')
    expect(Buffer.from(base64, 'base64').toString('latin1')).toBe(fitted)
  })

  test.each([
    ['Hi Mom ☺!', 'Hi Mom +JjoAIQ-'],
    ['A≢Α.', 'A+ImIDkQ-.'],
    ['日本語', '+ZeVnLIqe-'],
    ['1 + 1', '1 +- 1'],
    ['é-b', '+AOk--b'],
    ['é+', '+AOkAKw-'],
    ['', ''],
  ])('textToBase64() writes %s in UTF-7 as %s', (text, written) => {
    expect(Buffer.from(textToBase64(text, 'utf-7'), 'base64').toString('latin1')).toBe(written)
    expect(base64ToText(Buffer.from(written).toString('base64'), 'utf-7')).toBe(text)
  })

  test('textToBase64() writes UTF-32 in the order of bytes that its name says', () => {
    const bytes = (charset: string) => Buffer.from(textToBase64('a😀', charset), 'base64')
    expect([...bytes('UTF-32')]).toEqual([0x61, 0, 0, 0, 0, 0xf6, 1, 0])
    expect([...bytes('utf-32be')]).toEqual([0, 0, 0, 0x61, 0, 1, 0xf6, 0])
    expect(bytes('UTF-32LE')).toEqual(bytes('UTF-32'))
  })

  test('textToBase64() writes half of a pair as U+FFFD', () => {
    const bytes = (charset: string) => Buffer.from(textToBase64('\ud800a', charset), 'base64')
    expect(bytes('UTF-8').toString('utf8')).toBe('\ufffda')
    expect(bytes('UTF-16').toString('utf16le')).toBe('\ufffda')
  })

  test('textToBase64() names the charsets that there are', () => {
    expect(() => textToBase64('a', 'KOI8-R')).toThrow(/no charset `KOI8-R`; there are ASCII, /)
  })
})

describe('dialect 5 atob', () => {
  test.each(lossless)('base64ToText() reads what textToBase64() wrote in %s', (charset) => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
        expect(base64ToText(textToBase64(text, charset), charset)).toBe(text.toWellFormed())
      }),
    )
  })

  test.each([
    ['UTF-8', 'utf-8'],
    ['UTF-16', 'utf-16le'],
    ['UTF-16BE', 'utf-16be'],
  ])('base64ToText() reads any bytes in %s as the web does', (charset, label) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const whole = label === 'utf-8' ? bytes : bytes.subarray(bytes.length % 2)
        const expected = new TextDecoder(label, { ignoreBOM: true }).decode(whole)
        expect(base64ToText(Buffer.from(whole).toString('base64'), charset)).toBe(expected)
      }),
      { numRuns: 500 },
    )
  })

  test('base64ToText() reads every byte of ISO-8859-1, and half of them in ASCII', () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index))
    const base64 = bytes.toString('base64')
    expect(base64ToText(base64, 'ISO-8859-1')).toBe(bytes.toString('latin1'))
    expect(base64ToText(base64, 'ASCII').slice(126, 130)).toBe('~\u007f??')
  })

  test.each([
    ['SGk', 'Hi'],
    [' SG\r\nk= ', 'Hi'],
    ['fn5-', '~~~'],
    ['Pz8_', '???'],
    ['', ''],
  ])('base64ToText() reads %j: without padding, with white space, of either alphabet', (b, t) => {
    expect(base64ToText(b, 'UTF-8')).toBe(t)
  })

  test.each([
    ['SG*k', 'not Base64 at character 3'],
    ['SGkxA', 'a character is missing'],
  ])('base64ToText() refuses %s', (base64, message) => {
    expect(() => base64ToText(base64, 'UTF-8')).toThrow(message)
  })

  test('base64ToText() reads a large text whole', () => {
    const text = 'é😀x'.repeat(100_000)
    expect(base64ToText(textToBase64(text, 'UTF-8'), 'UTF-8') === text).toBe(true)
  })
})
