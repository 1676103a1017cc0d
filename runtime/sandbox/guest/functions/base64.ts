import { ByteArray, charCodeAt, ErrorConstructor } from '../intrinsics.ts'
import { type Bytes, createByteBuilder, createTextBuilder } from './bytes.ts'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const padding = 0x3d

const digits = new ByteArray(64)
for (let index = 0; index < 64; index++) digits[index] = charCodeAt(alphabet, index)

/** RFC 4648 section 4, with padding. */
export function encodeBase64({ data, length }: Bytes): string {
  const text = createTextBuilder()
  for (let at = 0; at < length; at += 3) {
    const left = length - at
    const bits =
      ((data[at] ?? 0) << 16) |
      (left > 1 ? (data[at + 1] ?? 0) << 8 : 0) |
      (left > 2 ? (data[at + 2] ?? 0) : 0)
    text.push(digitOf(bits >> 18))
    text.push(digitOf(bits >> 12))
    text.push(left > 1 ? digitOf(bits >> 6) : padding)
    text.push(left > 2 ? digitOf(bits) : padding)
  }
  return text.end()
}

/**
 * Reads Base64 of either alphabet (RFC 4648 sections 4 and 5), with or without padding; white space
 * does not count. Throws an `Error` that names the first character which is none of these.
 */
export function decodeBase64(text: string): Bytes {
  const bytes = createByteBuilder((text.length >> 2) * 3)
  let bits = 0
  let count = 0
  let end = text.length
  while (end > 0 && isFiller(charCodeAt(text, end - 1))) end--
  for (let at = 0; at < end; at++) {
    const unit = charCodeAt(text, at)
    if (isSpace(unit)) continue
    const digit = bitsOf(unit)
    if (digit < 0) throw new ErrorConstructor(`it is not Base64 at character ${at + 1}`)
    bits = ((bits << 6) | digit) & 0xffffff
    count++
    if ((count & 3) === 2) bytes.push((bits >> 4) & 0xff)
    else if ((count & 3) === 3) bytes.push((bits >> 2) & 0xff)
    else if ((count & 3) === 0) bytes.push(bits & 0xff)
  }
  if ((count & 3) === 1) throw new ErrorConstructor('it is not Base64: a character is missing')
  return bytes.end()
}

/** The digit of the lowest six bits, as a UTF-16 unit. */
export function digitOf(bits: number): number {
  return digits[bits & 63] ?? 0
}

/** Six bits, or -1 for what is no digit of either alphabet. */
export function bitsOf(unit: number): number {
  if (unit >= 0x41 && unit <= 0x5a) return unit - 0x41
  if (unit >= 0x61 && unit <= 0x7a) return unit - 0x61 + 26
  if (unit >= 0x30 && unit <= 0x39) return unit - 0x30 + 52
  if (unit === 0x2b || unit === 0x2d) return 62
  return unit === 0x2f || unit === 0x5f ? 63 : -1
}

function isSpace(unit: number): boolean {
  return unit === 0x20 || (unit >= 0x09 && unit <= 0x0d)
}

function isFiller(unit: number): boolean {
  return unit === padding || isSpace(unit)
}
