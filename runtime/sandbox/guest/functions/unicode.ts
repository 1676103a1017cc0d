/** UTF-8, UTF-16 and UTF-32. What is no character becomes U+FFFD; no byte order mark is added. */
import { charCodeAt } from '../intrinsics.ts'
import { type Bytes, createByteBuilder, createTextBuilder, type TextBuilder } from './bytes.ts'

export const replacement = 0xfffd

export function encodeUtf8(text: string): Bytes {
  const bytes = createByteBuilder(text.length)
  for (let at = 0; at < text.length; ) {
    const point = pointAt(text, at)
    at += point > 0xffff ? 2 : 1
    if (point < 0x80) {
      bytes.push(point)
      continue
    }
    if (point < 0x800) bytes.push(0xc0 | (point >> 6))
    else {
      if (point < 0x10000) bytes.push(0xe0 | (point >> 12))
      else {
        bytes.push(0xf0 | (point >> 18))
        bytes.push(0x80 | ((point >> 12) & 0x3f))
      }
      bytes.push(0x80 | ((point >> 6) & 0x3f))
    }
    bytes.push(0x80 | (point & 0x3f))
  }
  return bytes.end()
}

/** The longest start of a character that goes wrong is one U+FFFD (Unicode 16, section 3.9.6). */
export function decodeUtf8({ data, length }: Bytes): string {
  const text = createTextBuilder()
  for (let at = 0; at < length; ) {
    const first = data[at++] ?? 0
    if (first < 0x80) {
      text.push(first)
      continue
    }
    let { more, point, least, most } = sequenceOf(first)
    for (; more > 0; more--) {
      const next = at < length ? (data[at] ?? 0) : 0
      if (next < least || next > most) break
      point = (point << 6) | (next & 0x3f)
      least = 0x80
      most = 0xbf
      at++
    }
    pushPoint(text, more === 0 ? point : replacement)
  }
  return text.end()
}

/** How a sequence goes on after its first byte, and between what its second one lies. */
type Sequence = { more: number; point: number; least: number; most: number }

function sequenceOf(first: number): Sequence {
  if (first >= 0xc2 && first <= 0xdf) {
    return { more: 1, point: first & 0x1f, least: 0x80, most: 0xbf }
  }
  if (first >= 0xe0 && first <= 0xef) {
    const least = first === 0xe0 ? 0xa0 : 0x80
    return { more: 2, point: first & 0x0f, least, most: first === 0xed ? 0x9f : 0xbf }
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const least = first === 0xf0 ? 0x90 : 0x80
    return { more: 3, point: first & 0x07, least, most: first === 0xf4 ? 0x8f : 0xbf }
  }
  return { more: 0, point: replacement, least: 0, most: 0 }
}

export function encodeUtf16(text: string, bigEndian: boolean): Bytes {
  const bytes = createByteBuilder(text.length * 2)
  for (let at = 0; at < text.length; ) {
    const point = pointAt(text, at)
    if (point > 0xffff) pushUnit(charCodeAt(text, at++))
    pushUnit(point > 0xffff ? charCodeAt(text, at) : point)
    at++
  }
  return bytes.end()

  function pushUnit(unit: number): void {
    bytes.push(bigEndian ? unit >> 8 : unit & 0xff)
    bytes.push(bigEndian ? unit & 0xff : unit >> 8)
  }
}

export function decodeUtf16({ data, length }: Bytes, bigEndian: boolean): string {
  const text = createTextBuilder()
  const unitAt = (at: number): number => {
    const low = data[bigEndian ? at + 1 : at] ?? 0
    const high = data[bigEndian ? at : at + 1] ?? 0
    return (high << 8) | low
  }
  let at = 0
  for (; at + 1 < length; at += 2) {
    const unit = unitAt(at)
    if (unit < 0xd800 || unit > 0xdfff) {
      text.push(unit)
      continue
    }
    const next = at + 3 < length ? unitAt(at + 2) : 0
    if (unit <= 0xdbff && next >= 0xdc00 && next <= 0xdfff) {
      text.push(unit)
      text.push(next)
      at += 2
    } else text.push(replacement)
  }
  if (at < length) text.push(replacement)
  return text.end()
}

export function encodeUtf32(text: string, bigEndian: boolean): Bytes {
  const bytes = createByteBuilder(text.length * 4)
  for (let at = 0; at < text.length; ) {
    const point = pointAt(text, at)
    at += point > 0xffff ? 2 : 1
    for (let byte = 0; byte < 4; byte++) {
      bytes.push((point >> (bigEndian ? 24 - byte * 8 : byte * 8)) & 0xff)
    }
  }
  return bytes.end()
}

export function decodeUtf32({ data, length }: Bytes, bigEndian: boolean): string {
  const text = createTextBuilder()
  let at = 0
  for (; at + 3 < length; at += 4) {
    let point = 0
    for (let byte = 0; byte < 4; byte++) {
      point = point * 256 + (data[bigEndian ? at + byte : at + 3 - byte] ?? 0)
    }
    const isCharacter = point <= 0x10ffff && (point < 0xd800 || point > 0xdfff)
    pushPoint(text, isCharacter ? point : replacement)
  }
  if (at < length) text.push(replacement)
  return text.end()
}

/** The code point there; U+FFFD for half of a pair. */
function pointAt(text: string, at: number): number {
  const unit = charCodeAt(text, at)
  if (unit < 0xd800 || unit > 0xdfff) return unit
  const next = at + 1 < text.length ? charCodeAt(text, at + 1) : 0
  if (unit > 0xdbff || next < 0xdc00 || next > 0xdfff) return replacement
  return 0x10000 + ((unit - 0xd800) << 10) + (next - 0xdc00)
}

function pushPoint(text: TextBuilder, point: number): void {
  if (point > 0xffff) text.push(0xd800 + ((point - 0x10000) >> 10))
  text.push(point > 0xffff ? 0xdc00 + ((point - 0x10000) & 0x3ff) : point)
}
