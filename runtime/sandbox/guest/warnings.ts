import { bounded, quote } from './intrinsics.ts'
import { limits } from './limits.ts'

/** What the runtime has to say to the script's author, beside the result. */
export type Warnings = {
  add(text: string): void
  /** The elements of a JSON array. */
  elements(): string
}

export function createWarnings(): Warnings {
  let elements = ''
  let count = 0
  return {
    add(text) {
      if (count >= limits.warnings) return
      elements += `${count === 0 ? '' : ','}${quote(bounded(text, limits.errorText))}`
      count++
    },
    elements: () => elements,
  }
}
