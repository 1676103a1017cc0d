/** UTF-7 (RFC 2152): only the characters of its set D are written as they are. */
import { charCodeAt, indexOfText } from '../intrinsics.ts'
import { bitsOf, digitOf } from './base64.ts'
import { type Bytes, createByteBuilder, createTextBuilder } from './bytes.ts'
import { replacement } from './unicode.ts'

const plus = 0x2b
const minus = 0x2d
const direct = "\t\n\r '(),-./:?0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

export function encodeUtf7(text: string): Bytes {
  const bytes = createByteBuilder(text.length * 2)
  let bits = 0
  /** How many bits wait for their digit; -1 outside a shifted sequence. */
  let waiting = -1

  function leave(): void {
    if (waiting < 0) return
    if (waiting > 0) bytes.push(digitOf(bits << (6 - waiting)))
    bytes.push(minus)
    waiting = -1
  }

  function shift(unit: number): void {
    if (waiting < 0) {
      bytes.push(plus)
      waiting = 0
      bits = 0
    }
    bits = ((bits & 0x3f) << 16) | unit
    for (waiting += 16; waiting >= 6; waiting -= 6) bytes.push(digitOf(bits >> (waiting - 6)))
  }

  for (let at = 0; at < text.length; at++) {
    const unit = charCodeAt(text, at)
    if (unit === plus && waiting < 0) {
      bytes.push(plus)
      bytes.push(minus)
    } else if (isDirect(unit, text, at)) {
      leave()
      bytes.push(unit)
    } else shift(unit)
  }
  leave()
  return bytes.end()
}

function isDirect(unit: number, text: string, at: number): boolean {
  return unit < 0x80 && indexOfText(direct, text[at] ?? '', 0) >= 0
}

export function decodeUtf7({ data, length }: Bytes): string {
  const text = createTextBuilder()
  for (let at = 0; at < length; at++) {
    const byte = data[at] ?? 0
    if (byte !== plus) text.push(byte < 0x80 ? byte : replacement)
    else if (data[at + 1] === minus && at + 1 < length) {
      text.push(plus)
      at++
    } else at = readShifted(at + 1)
  }
  return text.end()

  /** Returns the place of the last byte that belongs to the sequence. */
  function readShifted(start: number): number {
    let bits = 0
    let waiting = 0
    let at = start
    for (; at < length; at++) {
      const byte = data[at] ?? 0
      const value = byte === minus || byte === 0x5f ? -1 : bitsOf(byte)
      if (value < 0) return byte === minus ? at : at - 1
      bits = ((bits << 6) | value) & 0x3fffff
      waiting += 6
      if (waiting < 16) continue
      waiting -= 16
      text.push((bits >> waiting) & 0xffff)
    }
    return at
  }
}
