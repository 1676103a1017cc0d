/**
 * Which page comes next, and when there is none (dialect section 9.4). The rule:
 *
 * - Where `next_url` or `tokens` are declared, they alone decide: the answer is at its end when a
 *   page has none of them. A short page, even an empty one, says nothing then: many vendors filter
 *   a page after they have cut it.
 * - Otherwise pages are counted, and the first empty one is the last; so is one with fewer items than
 *   the declared `size`. A page that is no list ends the answer, as nothing can be counted.
 */
import { createHash } from 'node:crypto'
import type { PagePosition } from '../model/call.ts'
import type { Method, Paging } from '../model/connector.ts'
import { CallFailure } from '../model/failure.ts'
import type { Json } from '../model/json.ts'
import { parsePath, valueAt } from '../model/path.ts'
import type { Verdict } from '../model/verdict.ts'
import { nextLink } from './link-header.ts'

/** The position of a request that has no pages. */
export const onlyPage: PagePosition = {
  number: 1,
  size: null,
  nextUrl: null,
  tokens: {},
  piece: null,
}

export function firstPosition(paging: Paging | null, piece: PagePosition['piece']): PagePosition {
  return { ...onlyPage, size: paging?.size ?? null, piece }
}

/** An accepted page, as `after_action` left it. */
export type AcceptedPage = Extract<Verdict, { kind: 'accept' }>

/**
 * The position of the page after this one; null where this one was the last. Throws `CallFailure`
 * ResponseParseError (reason `paging`) where the page is a text, and its data are needed.
 */
export function nextPosition(
  method: Method,
  at: PagePosition,
  page: AcceptedPage,
): PagePosition | null {
  const { paging } = method
  if (paging === null) return null
  const paths = [paging.nextUrl, ...Object.values(paging.tokens)].filter((path) => path !== null)
  if (paths.length === 0 || paths.some((path) => path.startsWith('data'))) demandData(method, page)
  const turned = { ...at, number: at.number + 1, tokens: {}, nextUrl: null }
  if (paths.length === 0) return isLast(paging, page.content) ? null : turned

  const nextUrl = paging.nextUrl === null ? null : nextUrlOf(paging.nextUrl, page)
  const tokens = tokensOf(paging, page)
  if (nextUrl === null && Object.keys(tokens).length === 0) return null
  return { ...turned, nextUrl, tokens }
}

/** The items of a page; null where it is no list. */
export function itemsOf(paging: Paging, content: Json): readonly Json[] | null {
  if (paging.items === null) {
    if (content === null) return []
    return Array.isArray(content) ? content : null
  }
  const found = valueAt(content, parsePath(paging.items).slice(1)) ?? null
  if (found === null) return []
  return Array.isArray(found) ? found : [found]
}

function isLast(paging: Paging, content: Json): boolean {
  const items = itemsOf(paging, content)
  if (items === null || items.length === 0) return true
  return paging.size !== null && items.length < paging.size
}

function demandData(method: Method, { content }: AcceptedPage): void {
  if (typeof content !== 'string') return
  throw new CallFailure(
    'ResponseParseError',
    `A page of ${method.name} is text, and paging needs its data; say \`paging: false\` if it has no pages`,
    { reason: 'paging' },
  )
}

function tokensOf(paging: Paging, page: AcceptedPage): Readonly<Record<string, string>> {
  const found: Record<string, string> = {}
  for (const [suffix, path] of Object.entries(paging.tokens)) {
    const token = textAt(path, page)
    if (token !== null) found[suffix] = token
  }
  return found
}

/** Relative to the page it came with. Braces in it are the vendor's, and no mergefields of ours. */
function nextUrlOf(path: string, page: AcceptedPage): string | null {
  const said =
    path === 'headers.link' ? nextLink(page.head?.headers.link ?? '') : textAt(path, page)
  if (said === null) return null
  const url = URL.parse(said, page.head?.url)
  if (url) return url.href.replaceAll('{', '%7B').replaceAll('}', '%7D')
  throw new CallFailure('ResponseParseError', 'What the page calls the next one is not a URL', {
    reason: 'paging',
  })
}

function textAt(path: string, { content, head }: AcceptedPage): string | null {
  const [root, ...segments] = parsePath(path)
  const value = root === 'headers' ? head?.headers[segments.join('.')] : valueAt(content, segments)
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && value !== '' ? value : null
}

/**
 * Ends an answer that would not: at the page limit, and where a page names a next one that was
 * asked for before. Throws `CallFailure` ResponseTooLarge (`page-limit`) or ResponseParseError
 * (`page-loop`).
 */
export class PageGuard {
  readonly #method: Method
  readonly #seen = new Set<string>()

  constructor(method: Method) {
    this.#method = method
  }

  admit({ number, nextUrl, tokens }: PagePosition): void {
    const { name, paging } = this.#method
    const most = paging?.maxPages ?? 1
    if (number > most) {
      throw new CallFailure('ResponseTooLarge', `${name} has more than ${most} pages`, {
        reason: 'page-limit',
      })
    }
    if (nextUrl === null && Object.keys(tokens).length === 0) return
    // Ten thousand addresses of 64 KiB are too much to keep.
    const key = createHash('sha256')
      .update(JSON.stringify([nextUrl, tokens]))
      .digest('base64')
    if (this.#seen.has(key)) {
      throw new CallFailure(
        'ResponseParseError',
        `${name} goes in a circle: page ${number - 1} names a next page that was asked for before`,
        { reason: 'page-loop' },
      )
    }
    this.#seen.add(key)
  }
}
