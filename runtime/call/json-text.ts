import { type Json, jsonDepth, parseJson } from '../model/json.ts'

/** What nests deeper stays a text: there is data that can be parsed, and never written again. */
const maxDepth = 64

/** A string that is JSON is taken for the data it says (dialect section 14, 11). */
export function dataOf(value: Json): Json {
  return typeof value === 'string' ? tryParse(value) : value
}

/** The data that a text says, or the text where it says none. */
export function tryParse(text: string): Json {
  if (!/^\s*[[{"\d\-tfn]/.test(text) || jsonDepth(text) > maxDepth) return text
  try {
    return parseJson(text)
  } catch {
    return text
  }
}
