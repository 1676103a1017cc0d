import { apply, construct, defineProperty, deleteProperty, ErrorConstructor } from './intrinsics.ts'
import { limits } from './limits.ts'

/**
 * Removes what a hook has no use for and an attacker has: memory that no limit counts, shared
 * memory, code that runs after the hook. Hygiene, not the border: that is the process.
 *
 * It has two halves. This one becomes part of the snapshot; the engine cannot make contexts from a
 * snapshot in which the other half was done, or undoes it in each of them.
 */
export function lockRealm(): void {
  remove('FinalizationRegistry')
  remove('WeakRef')
  fixBufferLengths()
  defineProperty(ErrorConstructor, 'prepareStackTrace', { value: undefined, ...pinned })
}

/** The other half, for every context. */
export function lockContext(): void {
  remove('WebAssembly')
  remove('SharedArrayBuffer')
  remove('Atomics')
  defineProperty(ErrorConstructor, 'stackTraceLimit', { value: limits.positions, ...pinned })
}

/** The engine calls `prepareStackTrace` wherever it reads a stack, also outside the timed region. */
const pinned = { writable: false, enumerable: false, configurable: false }

function remove(name: string): void {
  deleteProperty(globalThis, name)
}

/** A resizable buffer reserves gigabytes that the isolate's limit does not count. */
function fixBufferLengths(): void {
  const Real = ArrayBuffer
  for (const name of [
    'resize',
    'resizable',
    'maxByteLength',
    'transfer',
    'transferToFixedLength',
  ]) {
    deleteProperty(Real.prototype, name)
  }
  // A function, not a class: `ArrayBuffer()` without `new` has to throw what it always threw.
  function FixedLength(length: unknown): unknown {
    if (new.target === undefined) return apply(Real, undefined, [length])
    const target = new.target === FixedLength ? Real : new.target
    return construct(Real, [length], target)
  }
  defineProperty(FixedLength, 'name', { value: 'ArrayBuffer', configurable: true })
  defineProperty(FixedLength, 'prototype', { value: Real.prototype, writable: false })
  defineProperty(FixedLength, 'isView', hidden(Real.isView))
  defineProperty(FixedLength, Symbol.species, {
    get(this: unknown) {
      return this
    },
    configurable: true,
  })
  defineProperty(Real.prototype, 'constructor', hidden(FixedLength))
  defineProperty(globalThis, 'ArrayBuffer', hidden(FixedLength))
}

function hidden(value: unknown): PropertyDescriptor {
  return { value, writable: true, enumerable: false, configurable: true }
}
