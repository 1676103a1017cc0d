/** ASCII and ISO-8859-1, as .NET writes them: what has no byte of its own gets the nearest, or `?`. */
import { charCodeAt, createObject, normalizeText } from '../intrinsics.ts'
import { type Bytes, createByteBuilder, createTextBuilder } from './bytes.ts'

const unknown = 0x3f

export function encodeAscii(text: string): Bytes {
  return encodeUnits(text, (unit) => (unit < 0x80 ? unit : unknown))
}

export function encodeLatin1(text: string): Bytes {
  return encodeUnits(text, (unit, at) => (unit < 0x100 ? unit : bestFit(unit, text[at] ?? '')))
}

export function decodeAscii(bytes: Bytes): string {
  return decodeUnits(bytes, (byte) => (byte < 0x80 ? byte : unknown))
}

export function decodeLatin1(bytes: Bytes): string {
  return decodeUnits(bytes, (byte) => byte)
}

function encodeUnits(text: string, byteOf: (unit: number, at: number) => number): Bytes {
  const bytes = createByteBuilder(text.length)
  for (let at = 0; at < text.length; at++) bytes.push(byteOf(charCodeAt(text, at), at))
  return bytes.end()
}

function decodeUnits({ data, length }: Bytes, unitOf: (byte: number) => number): string {
  const text = createTextBuilder()
  for (let at = 0; at < length; at++) text.push(unitOf(data[at] ?? 0))
  return text.end()
}

/** A letter without its mark, a full-width form made narrow, or the table below. */
function bestFit(unit: number, character: string): number {
  const listed = fits[character]
  if (listed !== undefined) return charCodeAt(listed, 0)
  if (unit >= 0xff01 && unit <= 0xff5e) return unit - 0xfee0
  const base = charCodeAt(normalizeText(character, 'NFD'), 0)
  return base < 0x100 ? base : unknown
}

const fits: Readonly<Record<string, string>> = tableOf(
  ['Đ', 'D', 'đ', 'd', 'Ħ', 'H', 'ħ', 'h', 'ı', 'i', 'Ł', 'L', 'ł', 'l', 'Œ', 'O', 'œ', 'o'],
  ['Ŧ', 'T', 'ŧ', 't', 'ƀ', 'b', 'ƒ', 'f', 'Ɨ', 'I', 'ƚ', 'l', 'Ƶ', 'Z', 'ƶ', 'z', '™', 'T'],
  ['‐', '-', '‑', '-', '–', '-', '—', '-', '−', '-', '‘', "'", '’', "'", '‚', "'", '′', "'"],
  ['“', '"', '”', '"', '„', '"', '‹', '<', '›', '>', '•', '.', '…', '.', '⁄', '/', '∗', '*'],
  ['\u2000', ' ', '\u2001', ' ', '\u2002', ' ', '\u2003', ' ', '\u2004', ' ', '\u2005', ' '],
  ['\u2006', ' ', '\u3000', ' '],
)

function tableOf(...rows: readonly (readonly string[])[]): Record<string, string> {
  const table = createObject(null) as Record<string, string>
  for (let row = 0; row < rows.length; row++) {
    const cells = rows[row] ?? []
    for (let at = 0; at < cells.length; at += 2) table[cells[at] ?? ''] = cells[at + 1] ?? ''
  }
  return table
}
