/** The codecs of `btoa` and `atob`: text to Base64 of its bytes in a charset, and back. */
import { ErrorConstructor, upperCase } from '../intrinsics.ts'
import { decodeBase64, encodeBase64 } from './base64.ts'
import type { Bytes } from './bytes.ts'
import { decodeAscii, decodeLatin1, encodeAscii, encodeLatin1 } from './single-byte.ts'
import {
  decodeUtf8,
  decodeUtf16,
  decodeUtf32,
  encodeUtf8,
  encodeUtf16,
  encodeUtf32,
} from './unicode.ts'
import { decodeUtf7, encodeUtf7 } from './utf7.ts'

/** Throws an `Error` for a charset that is not one of the ten. */
export function textToBase64(text: string, charset: string): string {
  return encodeBase64(charsetOf(charset).encode(text))
}

/** Throws an `Error` for a charset that is not one of the ten, and for what is not Base64. */
export function base64ToText(base64: string, charset: string): string {
  return charsetOf(charset).decode(decodeBase64(base64))
}

type Charset = {
  readonly encode: (text: string) => Bytes
  readonly decode: (bytes: Bytes) => string
}

function charsetOf(name: string): Charset {
  switch (upperCase(name)) {
    case 'ASCII':
      return { encode: encodeAscii, decode: decodeAscii }
    case 'ISO-8859-1':
      return { encode: encodeLatin1, decode: decodeLatin1 }
    case 'UTF-7':
      return { encode: encodeUtf7, decode: decodeUtf7 }
    case 'UTF-8':
      return { encode: encodeUtf8, decode: decodeUtf8 }
    case 'UTF-16':
    case 'UTF-16LE':
      return utf16(false)
    case 'UTF-16BE':
      return utf16(true)
    case 'UTF-32':
    case 'UTF-32LE':
      return utf32(false)
    case 'UTF-32BE':
      return utf32(true)
    default:
      throw new ErrorConstructor(`there is no charset \`${name}\`; there are ${names}`)
  }
}

const names =
  'ASCII, ISO-8859-1, UTF-7, UTF-8, UTF-16, UTF-16LE, UTF-16BE, UTF-32, UTF-32LE and UTF-32BE'

function utf16(bigEndian: boolean): Charset {
  return {
    encode: (text) => encodeUtf16(text, bigEndian),
    decode: (bytes) => decodeUtf16(bytes, bigEndian),
  }
}

function utf32(bigEndian: boolean): Charset {
  return {
    encode: (text) => encodeUtf32(text, bigEndian),
    decode: (bytes) => decodeUtf32(bytes, bigEndian),
  }
}
