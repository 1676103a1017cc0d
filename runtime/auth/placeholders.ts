import { CallFailure } from '../model/failure.ts'
import type { Secret } from '../model/secret.ts'

const prefix = 'hkl_'
const pattern = /hkl_[0-9a-f]{32}/g

/** Whether a text is one placeholder and nothing else; whose, is not said. */
export function isPlaceholder(text: string): boolean {
  return /^hkl_[0-9a-f]{32}$/.test(text)
}

/** Secrets shorter than this are not looked for in texts: they would match by chance. */
const shortestEcho = 6
/** And longer ones only as they are: to keep them in all their spellings takes too much memory. */
const longestSpelled = 8_192

/**
 * How many of those that scripts, or a vendor's answer, can make without end are known at a time: as
 * many as one hook may ask for. Every text that comes in is looked through for each of them.
 */
const mostPassing = 100

/**
 * How many characters of secrets may take the place of their stand-ins at a time: a script can name
 * a long one a hundred thousand times in what it may send.
 */
const mostResolved = 1024 * 1024

type Concealed = { readonly placeholder: string; readonly spellings: readonly string[] }

/**
 * What stands for secrets while scripts run: 128 random bits each, good for one call (dialect
 * section 14, 14). A placeholder means something only here; anywhere else it is inert text.
 */
export class Placeholders {
  readonly #byText = new Map<string, Secret>()
  readonly #byValue = new Map<string, Concealed>()
  /** Values that are forgotten again, the oldest first. */
  readonly #passing = new Map<string, string>()
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
    const placeholder = this.#own(value)?.placeholder ?? this.#enter(secret, spellingsOf(value))
    return this.#revealed ? value : placeholder
  }

  /**
   * The same for what a script made of a secret, or found in an answer: another text every time, so
   * that comparing two tells nothing of what was made, and good until many more were made.
   */
  concealPassing(secret: Secret): string {
    const value = secret.reveal()
    const own = this.#own(value)
    // Only as it is: there may be a hundred of them to look for.
    const spellings = value.length < shortestEcho ? [] : [value]
    const placeholder = this.#enter(secret, spellings)
    if (own) this.#byValue.set(value, own)
    this.#passing.set(placeholder, value)
    this.#forgetOldest()
    return this.#revealed ? value : placeholder
  }

  /**
   * Puts the secrets back, in one pass: what a secret's own text says is never expanded. Throws
   * RequestForbidden (`body`) where they are more than any request needs.
   */
  resolve(text: string, encode: (value: string) => string = (value) => value): string {
    if (!text.includes(prefix)) return text
    this.assertFew(text)
    return text.replace(pattern, (found) => {
      const secret = this.#byText.get(found)
      return secret ? encode(secret.reveal()) : found
    })
  }

  /** What `resolve` throws, without resolving: for texts that are resolved piece by piece. */
  assertFew(text: string): void {
    let size = 0
    for (const [found] of text.matchAll(pattern)) {
      size += this.#byText.get(found)?.reveal().length ?? 0
      if (size > mostResolved) throw tooManySecrets()
    }
  }

  holdsSecret(text: string): boolean {
    for (const found of text.match(pattern) ?? []) if (this.#byText.has(found)) return true
    return false
  }

  /** Replaces echoes of known secrets by their placeholders: a vendor may send a token back. */
  scrub(text: string): string {
    if (this.#revealed) return text
    return this.#replaceEchoes(text, ({ placeholder }) => placeholder)
  }

  /** For texts that people will read: neither secrets nor placeholders are left in it. */
  redact(text: string): string {
    const scrubbed = this.#replaceEchoes(text, () => '[secret]')
    if (!scrubbed.includes(prefix)) return scrubbed
    return scrubbed.replace(pattern, (found) => (this.#byText.has(found) ? '[secret]' : found))
  }

  /** What stands for it throughout the call, if anything does. */
  #own(value: string): Concealed | null {
    const known = this.#byValue.get(value)
    return known && !this.#passing.has(known.placeholder) ? known : null
  }

  #enter(secret: Secret, spellings: readonly string[]): string {
    const placeholder = `${prefix}${this.#random()}`
    this.#byText.set(placeholder, secret)
    this.#byValue.set(secret.reveal(), { placeholder, spellings })
    return placeholder
  }

  #forgetOldest(): void {
    for (const [placeholder, value] of this.#passing) {
      if (this.#passing.size <= mostPassing) return
      this.#passing.delete(placeholder)
      this.#byText.delete(placeholder)
      if (this.#byValue.get(value)?.placeholder === placeholder) this.#byValue.delete(value)
    }
  }

  #replaceEchoes(text: string, by: (concealed: Concealed) => string): string {
    let result = text
    for (const concealed of this.#byValue.values()) {
      for (const spelling of concealed.spellings) {
        if (result.includes(spelling)) result = result.replaceAll(spelling, () => by(concealed))
      }
    }
    return result
  }
}

function tooManySecrets(): CallFailure {
  return new CallFailure(
    'RequestForbidden',
    `Request is not allowed: the secrets in it have more than ${mostResolved} characters together`,
    { reason: 'body' },
  )
}

/**
 * How a secret comes back: as it is, in a URL or a form, and in JSON, whose writers escape characters
 * without need (PHP the slash, .NET the plus, Gson the equals sign).
 */
function spellingsOf(value: string): readonly string[] {
  if (value.length < shortestEcho) return []
  if (value.length > longestSpelled) return [value]
  const json = JSON.stringify(value).slice(1, -1)
  const url = encodeURIComponent(value.toWellFormed())
  const spellings = [
    value,
    json,
    json.replaceAll('/', '\\/'),
    json.replace(/[+&<>'`]/g, (character) => escaped(character, 'upper')),
    json.replace(/[=&<>']/g, (character) => escaped(character, 'lower')),
    url,
    url.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
    new URLSearchParams({ '': value }).toString().slice(1),
  ]
  return [...new Set(spellings)]
}

function escaped(character: string, letters: 'upper' | 'lower'): string {
  const code = character.charCodeAt(0).toString(16).padStart(4, '0')
  return `\\u${letters === 'upper' ? code.toUpperCase() : code}`
}
