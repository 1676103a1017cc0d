/** Reads exported definitions: by the names of their keys, whatever the case, and of either generation. */
import { isJsonObject, type Json, type JsonObject } from '../../model/json.ts'

/** What could not be carried over, and where it stands in the export: `Methods[3].Triggers`. */
export type Note = { readonly path: string; readonly message: string }

/** One object of an export. It knows which of its keys nobody has asked for. */
export class Exported {
  readonly path: string
  readonly #members: ReadonlyMap<string, readonly [key: string, value: Json]>
  readonly #asked = new Set<string>()
  readonly #notes: Note[]

  constructor(object: JsonObject, path: string, notes: Note[]) {
    this.path = path
    this.#notes = notes
    this.#members = new Map(
      Object.entries(object).map(([key, value]) => [plain(key), [key, value]] as const),
    )
  }

  /** The value of the first of these keys that has one; null where none has. */
  value(...keys: readonly string[]): Json {
    for (const key of keys) this.#asked.add(plain(key))
    for (const key of keys) {
      const found = this.#members.get(plain(key))?.[1] ?? null
      if (found !== null && found !== '') return found
    }
    return null
  }

  /** A text; a number as it is written. */
  text(...keys: readonly string[]): string | null {
    const value = this.value(...keys)
    if (typeof value === 'number') return String(value)
    return typeof value === 'string' ? value.trim() || null : null
  }

  flag(...keys: readonly string[]): boolean {
    const value = this.value(...keys)
    return value === true || value === 1 || (typeof value === 'string' && /^true$/i.test(value))
  }

  number(...keys: readonly string[]): number | null {
    const value = Number(this.value(...keys) ?? Number.NaN)
    return Number.isFinite(value) && value > 0 ? value : null
  }

  object(...keys: readonly string[]): Exported | null {
    const value = this.value(...keys)
    return isJsonObject(value) ? new Exported(value, `${this.path}.${keys[0]}`, this.#notes) : null
  }

  list(...keys: readonly string[]): readonly Exported[] {
    const value = this.value(...keys)
    if (!Array.isArray(value)) return []
    return value.flatMap((each: Json, index) => {
      const path = `${this.path === '' ? '' : `${this.path}.`}${keys[0]}[${index}]`
      return isJsonObject(each) ? [new Exported(each, path, this.#notes)] : []
    })
  }

  /** Says that something of this object is lost, and why. */
  note(message: string, key?: string): void {
    const path = [this.path, key ?? ''].filter((part) => part !== '').join('.')
    this.#notes.push({ path, message })
  }

  /** Notes every key that has a value and that nothing has asked for; `ignored` means nothing here. */
  noteUnread(ignored: readonly string[]): void {
    const known = new Set(ignored.map(plain))
    for (const [name, [key, value]] of this.#members) {
      if (this.#asked.has(name) || known.has(name) || isEmpty(value)) continue
      this.note('nothing here takes it', key)
    }
  }
}

function plain(key: string): string {
  return key.replaceAll(/[^A-Za-z0-9]/g, '').toLowerCase()
}

function isEmpty(value: Json): boolean {
  if (value === null || value === '' || value === false || value === 0) return true
  return typeof value === 'object' && Object.keys(value).length === 0
}

/** `List Contacts` → `list_contacts`; empty where the text has no letter or digit. */
export function slug(text: string): string {
  return text
    .normalize('NFKD')
    .replaceAll(/[\u0300-\u036f]/g, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^_+|_+$/g, '')
    .slice(0, 60)
}
