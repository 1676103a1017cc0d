import { refusal } from './answer.ts'
import { takeCall } from './calls.ts'
import { readHandlers, replaceHandlers } from './error-handlers.ts'
import type { Route } from './exchange.ts'
import { readCall } from './later.ts'
import { openApiDocument } from './openapi.ts'
import { admitByKey, readAddress, takeWebhook } from './webhooks.ts'

const webhook = {
  path: '/webhooks/{tenant}/{connector}/{connection}/{method}/{key}',
  admit: admitByKey,
  run: takeWebhook,
} as const

/** Everything that this server answers. `openapi.ts` describes it, and a test holds one to the other. */
export const routes: readonly Route[] = [
  {
    verb: 'GET',
    path: '/healthz',
    open: true,
    run: () => ({ status: 200, body: { status: 'ok' } }),
  },
  {
    verb: 'GET',
    path: '/openapi.json',
    open: true,
    run: () => ({ status: 200, body: openApiDocument }),
  },
  {
    verb: 'GET',
    path: '/metrics',
    run: ({ caller, parts }) => {
      if (!caller.operator) return refusal('noPermission')
      const headers = { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }
      return { status: 200, body: parts.metrics.text(), headers }
    },
  },
  { verb: 'GET', path: '/api/apps/{app}/error_handlers', run: readHandlers },
  { verb: 'PUT', path: '/api/apps/{app}/error_handlers', run: replaceHandlers },
  { verb: 'POST', path: '/api/calls', run: takeCall },
  { verb: 'GET', path: '/api/calls/{id}', run: readCall },
  { verb: 'GET', path: '/api/webhooks/{connector}/{connection}/{method}', run: readAddress },
  // Some vendors ask, by a GET or HEAD, whether anybody is there, before they send anything.
  { verb: 'GET', ...webhook },
  { verb: 'POST', ...webhook },
  { verb: 'PUT', ...webhook },
]

export type Found =
  | { readonly kind: 'found'; readonly route: Route; readonly parameters: Record<string, string> }
  | { readonly kind: 'no-such-path' }
  | { readonly kind: 'no-such-verb'; readonly allow: readonly string[] }

/** Finds what answers a request. A slash at the end does not matter, nor `HEAD` instead of `GET`. */
export function findRoute(verb: string, url: string): Found {
  const path = pathOf(url)
  const there = routes.flatMap((route) => {
    const parameters = path === null ? null : match(route.path, path)
    return parameters === null ? [] : [{ route, parameters }]
  })
  if (there.length === 0) return { kind: 'no-such-path' }
  const wanted = verb === 'HEAD' ? 'GET' : verb
  const found = there.find(({ route }) => route.verb === wanted)
  if (found) return { kind: 'found', ...found }
  return { kind: 'no-such-verb', allow: there.map(({ route }) => route.verb) }
}

/** Without the query. Other spellings of the same resource, as its documentation has them, fall together. */
function pathOf(url: string): string | null {
  const [path = ''] = url.split(/[?#]/)
  if (!path.startsWith('/') || path.includes('//')) return null
  return path
    .replace(/\/$/, '')
    .replace(/^\/orchestrator(?=\/api\/apps\/)/, '')
    .replace(/\/error-handlers$/, '/error_handlers')
}

function match(pattern: string, path: string): Record<string, string> | null {
  const wanted = pattern.split('/')
  const given = path.split('/')
  if (wanted.length !== given.length) return null
  const parameters: Record<string, string> = {}
  for (const [index, segment] of wanted.entries()) {
    const text = given[index] ?? ''
    const name = /^\{(\w+)\}$/.exec(segment)?.[1]
    if (name === undefined && segment !== text) return null
    if (name !== undefined) parameters[name] = decoded(text)
  }
  return parameters
}

/** A text that is no encoding names nothing. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return ''
  }
}
