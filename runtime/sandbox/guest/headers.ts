import {
  deleteProperty,
  getOwnPropertyDescriptor,
  getProperty,
  hasProperty,
  keysOf,
  lowerCase,
  ProxyConstructor,
  setProperty,
} from './intrinsics.ts'

/**
 * Headers whose names are found whatever their case (RFC 9110 section 5.1). A header that is there
 * keeps its spelling; a new one gets that of the script.
 */
export function caseInsensitive(headers: object): object {
  return new ProxyConstructor(headers, {
    get: (target, key, receiver) => getProperty(target, spelling(target, key), receiver),
    has: (target, key) => hasProperty(target, spelling(target, key)),
    set: (target, key, value) => setProperty(target, spelling(target, key), value),
    deleteProperty: (target, key) => deleteProperty(target, spelling(target, key)),
    getOwnPropertyDescriptor: (target, key) =>
      getOwnPropertyDescriptor(target, spelling(target, key)),
  })
}

function spelling(target: object, key: string | symbol): string | symbol {
  if (typeof key === 'symbol' || getOwnPropertyDescriptor(target, key) !== undefined) return key
  const wanted = lowerCase(key)
  const keys = keysOf(target)
  for (let index = 0; index < keys.length; index++) {
    const name = keys[index] ?? ''
    if (lowerCase(name) === wanted) return name
  }
  return key
}
