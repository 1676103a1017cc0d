import CryptoJS from 'crypto-js'
import { defineGlobal } from '../functions/define.ts'
import type { LibraryKit } from '../functions/require.ts'
import type { CallHost } from '../host.ts'

type WordArray = CryptoJS.lib.WordArray

/** What the types of the package leave out. */
type Internals = {
  readonly lib: {
    WordArray: { random: (bytes: number) => WordArray }
    Hasher: { finalize: (message?: unknown) => WordArray }
    CipherParams: { toString: () => string }
  }
  readonly format: { OpenSSL: { parse: (text: string) => unknown } }
}

const internals = CryptoJS as unknown as Internals
const { Hex, Base64 } = CryptoJS.enc

/** `CryptoJS`, with the documented quirk: what hashing and encrypting gives prints as hex, always. */
export function install({ callHost, provide }: LibraryKit): void {
  refuseSecrets()
  takeRandomFrom(callHost)
  printHashesAsHex()
  printCiphersAsHex()
  defineGlobal('CryptoJS', CryptoJS)
  provide('crypto-js', CryptoJS)
}

/**
 * The stand-in of a secret would be hashed as it stands, and the vendor would only say that the
 * signature is wrong (dialect section 14, 14). Every text that goes in passes here.
 */
function refuseSecrets(): void {
  const { Utf8 } = CryptoJS.enc
  const parse = Utf8.parse
  Utf8.parse = (text) => {
    if (/hkl_[0-9a-f]{32}/.test(text)) {
      throw new Error(
        'CryptoJS would see the stand-in of a secret, not the secret: sign with cyclr_sign, ' +
          'or say reveal_secrets in the connector',
      )
    }
    return parse.call(Utf8, text)
  }
}

/** Enough for a hundred salts and vectors at a time. */
const portion = 2048

/**
 * Salts and keys come from the host's generator, in portions: `Math.random` can be foretold, and a
 * question for each salt would use up what a hook may ask.
 */
function takeRandomFrom(callHost: CallHost): void {
  let hex = ''
  internals.lib.WordArray.random = (bytes) => {
    const digits = bytes * 2
    if (hex.length < digits) {
      hex += callHost('random', { bytes: Math.max(portion, bytes) }) as string
    }
    const taken = Hex.parse(hex.slice(0, digits))
    hex = hex.slice(digits)
    return taken
  }
}

/** Encoders that are handed to `toString` do not count; `CryptoJS.enc.Base64.stringify(hash)` works. */
function printHashesAsHex(): void {
  const { Hasher } = internals.lib
  const finalize = Hasher.finalize
  Hasher.finalize = function (this: unknown, message) {
    const hash = finalize.call(this, message)
    const value = function (this: WordArray): string {
      return Hex.stringify(this)
    }
    Object.defineProperty(hash, 'toString', { value, writable: true, configurable: true })
    return hash
  }
}

/** The bytes are those of OpenSSL's form, with the salt where there is one; `decrypt` takes both. */
function printCiphersAsHex(): void {
  internals.lib.CipherParams.toString = function (this: CryptoJS.lib.CipherParams) {
    return Hex.stringify(Base64.parse(CryptoJS.format.OpenSSL.stringify(this)))
  }
  const { OpenSSL } = internals.format
  const parse = OpenSSL.parse
  OpenSSL.parse = (text) =>
    parse.call(OpenSSL, isHex(text) ? Base64.stringify(Hex.parse(text)) : text)
}

/** Of 16 bytes or more: no Base64 of that length is by chance made of such digits only. */
function isHex(text: string): boolean {
  return text.length >= 32 && text.length % 2 === 0 && /^[0-9a-f]+$/.test(text)
}
