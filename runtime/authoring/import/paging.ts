/** Paging: a size, and where a page says what the next one is. */
import { parseLocation } from '../../model/location.ts'
import { joinPath } from '../../model/path.ts'
import type { Exported } from './exported.ts'
import type { PageSource } from './parameters.ts'

type Fields = Readonly<Record<string, unknown>>

/** Null where the owner has no pages. `responseFields` say where a page keeps its items. */
export function importPaging(
  owner: Exported,
  pages: readonly PageSource[],
  responseFields: readonly string[],
): Fields | null {
  const isPaged = owner.flag('PagedInbound') || pages.length > 0
  const size = owner.number('PageSizeInbound')
  if (!isPaged) return null
  const next = pages.find(({ value }) => value === 'CYCLR_PAGE_NEXT_URL')
  const tokens = pages.filter(({ value }) => value.startsWith('CYCLR_PAGE_TOKEN'))
  const items = itemsOf(responseFields)
  return {
    ...(size === null ? {} : { size }),
    ...(items === null ? {} : { items }),
    ...(next === undefined ? {} : { next_url: dataPath(next.location) }),
    ...(tokens.length === 0
      ? {}
      : {
          tokens: Object.fromEntries(
            tokens.map(({ value, location }) => [
              value.slice('CYCLR_PAGE_TOKEN'.length).replace(/^_/, ''),
              dataPath(location),
            ]),
          ),
        }),
  }
}

export function importOutboundPaging(owner: Exported): Fields | null {
  const location = owner.text('PagedOutboundLocation')
  const size = owner.number('PageSizeOutbound')
  if (!owner.flag('PagedOutbound')) return null
  if (location !== null && size !== null) return { location, size }
  owner.note('it needs a location and a size', 'PagedOutbound')
  return null
}

/** `[results].id` → `data.results`: the list that most of the fields stand in. */
function itemsOf(locations: readonly string[]): string | null {
  const lists = locations.map(
    (location) => /^(?:([\w.-]+)\.)?\[([^\][]+)\]/.exec(location)?.[0] ?? '',
  )
  const counts = Map.groupBy(lists, (list) => list)
  const [list = ''] = [...counts.keys()].toSorted(
    (one, other) => (counts.get(other)?.length ?? 0) - (counts.get(one)?.length ?? 0),
  )
  return list === '' ? null : dataPath(list)
}

/** A location in a body, as a path from `data.`. */
export function dataPath(location: string): string {
  const keys = (parseLocation(location) ?? []).flatMap(({ key }) => (key === null ? [] : [key]))
  return joinPath(['data', ...keys])
}
