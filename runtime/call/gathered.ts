import type { Paging } from '../model/connector.ts'
import { isJsonObject, type Json } from '../model/json.ts'
import { parsePath, withValueAt } from '../model/path.ts'
import { itemsOf } from './paging.ts'

/**
 * Pages as one content. Lists are joined. Where `items` says where a page keeps its list, the whole is
 * the first page with the items of all in it. Pages of any other kind are a list of pages.
 */
export function joinPages(pages: readonly Json[], paging: Paging | null): Json {
  const [first = null, ...others] = pages
  if (others.length === 0) return first
  if (paging?.items && isJsonObject(first)) {
    const items = pages.flatMap((page) => itemsOf(paging, page) ?? [])
    return withValueAt(first, parsePath(paging.items).slice(1), items)
  }
  const filled = pages.filter((page) => page !== null)
  return filled.every((page) => Array.isArray(page)) ? filled.flat() : filled
}
