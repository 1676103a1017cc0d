/**
 * Bytes and texts, built piece by piece. Typed arrays only: what a script does to the prototypes of
 * other objects does not show here.
 */
import { apply, ByteArray, createList, fromCharCode, UnitArray } from '../intrinsics.ts'

/** The first `length` bytes of `data` count. */
export type Bytes = { readonly data: Uint8Array; readonly length: number }

export type ByteBuilder = { push(byte: number): void; end(): Bytes }
export type TextBuilder = { push(unit: number): void; end(): string }

/** `expected`: how many bytes there will probably be; more than that costs a copy. */
export function createByteBuilder(expected: number): ByteBuilder {
  let data: Uint8Array = new ByteArray(expected + 16)
  let length = 0
  return {
    push(byte) {
      if (length === data.length) data = grown(data)
      data[length++] = byte
    },
    end: () => ({ data, length }),
  }
}

function grown(data: Uint8Array): Uint8Array {
  const larger = new ByteArray(data.length * 2)
  for (let index = 0; index < data.length; index++) larger[index] = data[index] ?? 0
  return larger
}

/** As many units as `String.fromCharCode` takes at a time without much stack. */
const chunkSize = 4096

/** Builds a text of UTF-16 units. */
export function createTextBuilder(): TextBuilder {
  const chunk = new UnitArray(chunkSize)
  let filled = 0
  let text = ''

  function flush(): void {
    const units = createList<number>()
    for (let index = 0; index < filled; index++) units[index] = chunk[index] ?? 0
    text += apply(fromCharCode, undefined, units) as string
    filled = 0
  }

  return {
    push(unit) {
      if (filled === chunkSize) flush()
      chunk[filled++] = unit
    },
    end() {
      flush()
      return text
    },
  }
}
