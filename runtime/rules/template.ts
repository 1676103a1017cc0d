import type { Json } from '../model/json.ts'
import { parseTemplate } from '../model/template.ts'
import { compilePath, type RuleResponse } from './path.ts'

/** A rule's message, filled in from the response that it matched. */
export type Message = (response: RuleResponse) => string

const maximumBytes = 8 * 1024

/**
 * A rule's message, ready to be filled: in one pass, so that a value is never read as a template.
 * Absent values are empty; an empty whole becomes `HTTP <status>`; 8 KiB of UTF-8 at most.
 */
export function compileMessage(template: string): Message {
  const parts = parseTemplate(template).map((part) =>
    typeof part === 'string' ? () => part : fieldText(part.field),
  )
  return (response) => {
    let text = ''
    for (const part of parts) {
      text += part(response)
      if (text.length > maximumBytes) break
    }
    return text.trim() === '' ? `HTTP ${response.status}` : cut(text)
  }
}

function fieldText(path: string): Message {
  const lookup = compilePath(path)
  return (response) => shown(lookup(response))
}

function shown(value: Json | undefined): string {
  if (value === undefined || value === null) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** Cuts between characters, never inside one. */
function cut(text: string): string {
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(maximumBytes))
  return text.slice(0, read)
}
