/**
 * `btoa` and `atob` of a text in which a secret stands (dialect section 14, 14). The guest converts
 * every other text itself, by the same code.
 */
import type { Placeholders } from '../../auth/placeholders.ts'
import { isJsonObject, type Json } from '../../model/json.ts'
import { base64ToText, textToBase64 } from '../../sandbox/guest/functions/charsets.ts'
import { derived } from './derived.ts'
import type { Service } from './service.ts'

/** In UTF-16 units. Who has more to convert need not put a secret in it: all others wait meanwhile. */
const mostText = 65_536

export const btoa: Service = async ({ execution }, argument) =>
  converted(execution.placeholders, argument, textToBase64)

export const atob: Service = async ({ execution }, argument) =>
  converted(execution.placeholders, argument, base64ToText)

function converted(
  placeholders: Placeholders,
  argument: Json,
  convert: (text: string, charset: string) => string,
): Promise<string> {
  const { text, charset } = isJsonObject(argument) ? argument : {}
  if (typeof text !== 'string' || typeof charset !== 'string') {
    throw new Error('a text and the name of a charset are needed')
  }
  assertShort(text)
  return derived(placeholders, [text], ([known = '']) => {
    assertShort(known)
    try {
      return convert(known, charset)
    } catch (error) {
      // Which character is wrong, and where it stands, is no script's to know.
      throw placeholders.holdsSecret(text) ? new Error('the secret cannot be converted') : error
    }
  })
}

function assertShort(text: string): void {
  if (text.length <= mostText) return
  throw new Error(`a text with a secret in it can have ${mostText} characters`)
}
