import type { Json } from '../model/json.ts'
import { parsePath, valueAt } from '../model/path.ts'

/** What a rule may look at. Reading `content` may cost a parse, so it is read when needed, once. */
export type RuleResponse = {
  readonly status: number
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  /** The body by its format; its text where it could not be read. */
  readonly content: Json
}

/** Finds one value in a response; undefined where there is none. */
export type Lookup = (response: RuleResponse) => Json | undefined

/**
 * A rule's path, ready to be looked up: `data.…` in the body, `headers.…` whatever the case of the
 * name, and `headers.http-code`, which is the status even where a header has that name.
 */
export function compilePath(path: string): Lookup {
  const [root, ...segments] = parsePath(path)
  if (root === 'data') return ({ content }) => valueAt(content, segments)
  const name = segments[0]?.toLowerCase()
  if (root !== 'headers' || name === undefined || segments.length > 1) return () => undefined
  if (name === 'http-code') return ({ status }) => status
  return ({ headers }) => (Object.hasOwn(headers, name) ? headers[name] : undefined)
}

/** Reads the content at most once, and not before something asks for it. */
export function readOnce(response: RuleResponse): RuleResponse {
  let content: Json | undefined
  return {
    status: response.status,
    headers: response.headers,
    get content() {
      if (content === undefined) content = response.content
      return content
    },
  }
}
