import type { Secret } from '../model/secret.ts'

const prefix = 'hkl_'
const pattern = /hkl_[0-9a-f]{32}/g

/** Secrets shorter than this are not looked for in texts: they would match by chance. */
const shortestEcho = 6

/**
 * What stands for secrets while scripts run: 128 random bits each, good for one call (dialect
 * section 14, 14). A placeholder means something only here; anywhere else it is inert text.
 */
export class Placeholders {
  readonly #byText = new Map<string, Secret>()
  readonly #byValue = new Map<string, string>()
  readonly #random: () => string
  readonly #revealed: boolean

  /** `revealed`: the connector said `reveal_secrets`, so scripts get the values themselves. */
  constructor(random: () => string, revealed: boolean) {
    this.#random = random
    this.#revealed = revealed
  }

  /** The text that scripts see in place of this secret; the same one throughout the call. */
  conceal(secret: Secret): string {
    const value = secret.reveal()
    const known = this.#byValue.get(value)
    if (known !== undefined) return this.#revealed ? value : known
    const text = `${prefix}${this.#random()}`
    this.#byValue.set(value, text)
    this.#byText.set(text, secret)
    return this.#revealed ? value : text
  }

  /** Puts the secrets back, in one pass: what a secret's own text says is never expanded. */
  resolve(text: string, encode: (value: string) => string = (value) => value): string {
    if (!text.includes(prefix)) return text
    return text.replace(pattern, (found) => {
      const secret = this.#byText.get(found)
      return secret ? encode(secret.reveal()) : found
    })
  }

  holdsSecret(text: string): boolean {
    for (const found of text.match(pattern) ?? []) if (this.#byText.has(found)) return true
    return false
  }

  /** Replaces echoes of known secrets by their placeholders: a vendor may send a token back. */
  scrub(text: string): string {
    return this.#replaceEchoes(text, (placeholder, value) => (this.#revealed ? value : placeholder))
  }

  /** For texts that people will read: neither secrets nor placeholders are left in it. */
  redact(text: string): string {
    const scrubbed = this.#replaceEchoes(text, () => '[secret]')
    if (!scrubbed.includes(prefix)) return scrubbed
    return scrubbed.replace(pattern, (found) => (this.#byText.has(found) ? '[secret]' : found))
  }

  #replaceEchoes(text: string, by: (placeholder: string, value: string) => string): string {
    let result = text
    for (const [value, placeholder] of this.#byValue) {
      if (value.length >= shortestEcho && result.includes(value)) {
        result = result.replaceAll(value, () => by(placeholder, value))
      }
    }
    return result
  }
}
