import type { Connector, Method, OutboundPaging, Paging } from '../model/connector.ts'
import { parseLocation } from '../model/location.ts'
import { joinPath, parsePath } from '../model/path.ts'
import { type Findings, type Path, quote } from './faults.ts'
import type { MethodInput, PagingInput } from './schema.ts'

const mostPages = 10_000

/** How an answer's pages are read. Paths keep their root, in the dotted spelling. */
export function readPaging(
  input: PagingInput | undefined,
  path: Path,
  findings: Findings,
): Paging | null {
  if (input === undefined) return null
  const read = (text: string | undefined, at: Path, roots: readonly string[]) =>
    text === undefined ? null : readPath(text, { path: [...path, ...at], roots, findings })
  const { tokens = {} } = input
  const named = typeof tokens === 'string' ? { '': tokens } : tokens
  return {
    size: input.size ?? null,
    items: read(input.items, ['items'], ['data']),
    nextUrl: read(input.next_url, ['next_url'], ['data', 'headers']),
    tokens: Object.fromEntries(
      Object.entries(named).map(([suffix, text]) => [
        suffix,
        read(text, ['tokens', suffix], ['data', 'headers']) ?? '',
      ]),
    ),
    maxPages: input.max_pages ?? mostPages,
  }
}

export function readOutboundPaging(
  { outbound_paging: input }: MethodInput,
  path: Path,
  findings: Findings,
): OutboundPaging | null {
  if (input === undefined) return null
  if (parseLocation(input.location) === null) {
    findings.fault(
      [...path, 'location'],
      `expected a location, as data.[records]; got ${quote(input.location)}`,
    )
  }
  return input
}

/** A method without paging of its own has the connector's, if it asks for pages at all. */
export function inheritPaging(connector: Connector, method: Method): Method {
  const { paging } = connector
  const mayHave = method.type === 'action' && method.verb === 'GET' && method.paging === null
  if (!mayHave || paging === null || missingTurners(paging, connector, method).length > 0)
    return method
  return { ...method, paging }
}

/** Reports paging by which no second page would ever be asked for, or the first one for ever. */
export function checkPaging(connector: Connector, method: Method, findings: Findings): void {
  const { paging } = method
  const turners = paging === null ? [] : missingTurners(paging, connector, method)
  if (turners.length === 0) return
  const message = `nothing asks for the next page: use ${turners.join(' or ')} as a value of the request`
  const path = ['methods', method.name]
  if (connector.script || method.script) findings.warn(path, `${message} (unless a script does)`)
  else findings.fault(path, message)
}

/** The values that ask for another page, if none of them is used; none where one is. */
function missingTurners(paging: Paging, connector: Connector, method: Method): readonly string[] {
  if (paging.nextUrl !== null) return []
  const texts = JSON.stringify([
    [connector.query, connector.headers, method.query, method.headers, method.path, method.body],
    method.parameters,
  ])
  const tokens = Object.keys(paging.tokens).map((suffix) =>
    suffix === '' ? 'CYCLR_PAGE_TOKEN' : `CYCLR_PAGE_TOKEN_${suffix}`,
  )
  const turners = tokens.length > 0 ? tokens : ['CYCLR_PAGE_NUMBER', 'CYCLR_PAGE_OFFSET']
  return turners.some((name) => texts.includes(name)) ? [] : turners
}

function readPath(
  text: string,
  around: {
    readonly path: Path
    readonly roots: readonly string[]
    readonly findings: Findings
  },
): string {
  const segments = parsePath(text)
  const [root = '', name] = segments
  if (around.roots.includes(root) && name !== undefined) {
    return root === 'headers' ? `headers.${name.toLowerCase()}` : joinPath(segments)
  }
  const words = around.roots.map((each) => `${each}.`).join(' or ')
  around.findings.fault(
    around.path,
    `expected a path that begins with ${words}; got ${quote(text)}`,
  )
  return joinPath([root, '?'])
}
