import { defineProperty } from '../intrinsics.ts'

/** A global that scripts may shadow, replace and delete, and that no listing of globals shows. */
export function defineGlobal(name: string, value: unknown): void {
  defineProperty(globalThis, name, {
    value,
    writable: true,
    enumerable: false,
    configurable: true,
  })
}
