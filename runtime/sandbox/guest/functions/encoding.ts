import type { CallHost } from '../host.ts'
import { bounded, ErrorConstructor, indexOfText, toText } from '../intrinsics.ts'
import { base64ToText, textToBase64 } from './charsets.ts'
import { defineGlobal } from './define.ts'

/**
 * `btoa(text, charset)` and `atob(base64, charset)`: text codecs, UTF-8 unless said, and not what
 * browsers call so (dialect section 5). Where a secret stands in the text only the host can encode
 * it; the answer is then a stand-in of its own (dialect section 14, 14).
 */
export function installEncoding(callHost: CallHost): void {
  define('btoa', textToBase64)
  define('atob', base64ToText)

  function define(name: string, convert: (text: string, charset: string) => string): void {
    defineGlobal(name, (given?: unknown, charset?: unknown): unknown => {
      if (given === undefined || given === null) {
        throw new ErrorConstructor(`${name} takes a text, not ${toText(given)}`)
      }
      const text = toText(given)
      const set = charset === undefined || charset === null ? 'UTF-8' : toText(charset)
      if (indexOfText(text, 'hkl_') >= 0) return callHost(name, { text, charset: set })
      return told(name, () => convert(text, set))
    })
  }
}

function told(name: string, convert: () => string): string {
  try {
    return convert()
  } catch (error) {
    const message = error instanceof ErrorConstructor ? error.message : 'it cannot be converted'
    throw new ErrorConstructor(bounded(`${name}: ${message}`, 200))
  }
}
