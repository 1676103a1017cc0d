import {
  construct,
  createObject,
  defineProperty,
  ErrorConstructor,
  errorPrototype,
  getProperty,
  getPrototypeOf,
  setPrototypeOf,
} from './intrinsics.ts'

export type Signal = 'refresh' | 'session'

/**
 * Installs the dialect's two exceptions (dialect section 14, 4). They work with and without `new`,
 * and can be subclassed, also in the manner of ES5.
 */
export function installExceptions(): (thrown: unknown) => Signal | null {
  const refresh = install('AuthRefreshException')
  const session = install('AuthSessionException')

  /** Which of the two was thrown: by its chain of prototypes, else by its `name`. May throw. */
  return function signalOf(thrown) {
    if ((typeof thrown !== 'object' && typeof thrown !== 'function') || thrown === null) return null
    for (let at: object | null = thrown; at !== null; at = getPrototypeOf(at)) {
      if (at === refresh) return 'refresh'
      if (at === session) return 'session'
    }
    const name: unknown = getProperty(thrown, 'name')
    if (name === 'AuthRefreshException') return 'refresh'
    if (name === 'AuthSessionException') return 'session'
    return null
  }
}

/** Defines one exception as a global; returns its prototype. */
function install(name: string): object {
  function Exception(message?: unknown): object {
    const values = message === undefined ? [] : [message]
    return construct(ErrorConstructor, values, new.target ?? Exception)
  }
  const prototype = createObject(errorPrototype, {
    constructor: { value: Exception, writable: true, configurable: true },
    name: { value: name, writable: true, configurable: true },
    message: { value: '', writable: true, configurable: true },
  })
  defineProperty(Exception, 'name', { value: name, configurable: true })
  defineProperty(Exception, 'prototype', { value: prototype, writable: false })
  setPrototypeOf(Exception, ErrorConstructor)
  defineProperty(globalThis, name, { value: Exception, writable: true, configurable: true })
  return prototype
}
