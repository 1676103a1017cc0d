/**
 * The built-ins, captured before any script runs: the only access to them in guest code. A script
 * may replace `JSON.stringify` or poison `Array.prototype` afterwards; nothing here notices.
 *
 * For the same reason guest code uses neither `for…of`, spread in calls, array destructuring nor
 * array methods: all of these look something up in a prototype that is the script's to change.
 */
export const apply = Reflect.apply
export const construct = Reflect.construct
export const defineProperty = Reflect.defineProperty
export const deleteProperty = Reflect.deleteProperty
export const getOwnPropertyDescriptor = Reflect.getOwnPropertyDescriptor
export const getProperty = Reflect.get
export const getPrototypeOf = Reflect.getPrototypeOf
export const hasProperty = Reflect.has
export const setProperty = Reflect.set
export const setPrototypeOf = Reflect.setPrototypeOf
export const createObject = Object.create
export const keysOf = Object.keys
export const isArray = Array.isArray
export const parse = JSON.parse
export const stringify = JSON.stringify
export const toText = String
export const ErrorConstructor = Error
export const TypeErrorConstructor = TypeError
export const errorPrototype = Error.prototype
export const ProxyConstructor = Proxy
export const ByteArray = Uint8Array
export const UnitArray = Uint16Array
export const fromCharCode = String.fromCharCode

type Method = (...values: never[]) => unknown

const { bind, call } = Function.prototype

/** A method as a function that takes its `this` first: `call`, bound, looks nothing up. */
function uncurry<This, Values extends unknown[], Result>(
  method: (this: This, ...values: Values) => Result,
): (self: This, ...values: Values) => Result {
  return apply(bind, call, [method as Method]) as (self: This, ...values: Values) => Result
}

export const sliceText = uncurry(String.prototype.slice)
export const indexOfText = uncurry(String.prototype.indexOf)
export const lowerCase = uncurry(String.prototype.toLowerCase)
export const upperCase = uncurry(String.prototype.toUpperCase)
export const charCodeAt = uncurry(String.prototype.charCodeAt)
export const normalizeText = uncurry(String.prototype.normalize)

/** An array whose elements no setter on `Array.prototype` can intercept. */
export function createList<Item>(): Item[] {
  const list: Item[] = []
  setPrototypeOf(list, null)
  return list
}

/** At most `length` UTF-16 units of a text. */
export function bounded(text: string, length: number): string {
  return text.length > length ? `${sliceText(text, 0, length - 1)}…` : text
}

/** A text as JSON. Strings are the one thing that no `toJSON` can speak for. */
export function quote(text: string): string {
  return stringify(text)
}
