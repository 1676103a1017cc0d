import type { IncomingMessage, ServerResponse } from 'node:http'
import { listenOnLoopback, readBody, sendJson } from './loopback.ts'

/** Calls that came in on one path, and how many of them brought a live token. */
export type PathCount = { readonly received: number; readonly good: number }

/** A vendor's API behind an OAuth server. */
export interface VendorApi extends AsyncDisposable {
  readonly origin: string
  countOf(path: string): PathCount
  /** Every call on every path. */
  total(): PathCount
  /** Orders that exist. A request repeated with the same Idempotency-Key makes none. */
  ordersCreated(): number
}

type Answer = { readonly status: number; readonly content: unknown }

/** How a vendor says that an access token is dead, by the first part of the path. */
const rejections: Readonly<Record<string, Answer>> = {
  'by-200': {
    status: 200,
    content: { error: 'invalid_grant', error_description: 'The access token has expired.' },
  },
  'by-403': {
    status: 403,
    content: { error: 'token_expired', message: 'The access token has expired.' },
  },
  'by-401': { status: 401, content: { error: 'unauthorized' } },
}

/**
 * Starts an API whose paths are `/by-200/…`, `/by-403/…` and `/by-401/…`: the first part chooses how
 * a dead token is answered. `GET …/contacts` lists, `POST …/orders` creates, the rest says who asks.
 */
export async function startVendorApi(authority: {
  isLive(accessToken: string): Promise<boolean>
}): Promise<VendorApi> {
  const counts = new Map<string, { received: number; good: number }>()
  const orders = new Orders()

  async function answer(request: IncomingMessage, body: string): Promise<Answer> {
    const { pathname } = new URL(request.url ?? '/', 'http://vendor')
    const count = counts.get(pathname) ?? { received: 0, good: 0 }
    counts.set(pathname, count)
    count.received += 1

    const [, style = '', resource = ''] = pathname.split('/')
    const rejection = rejections[style]
    if (!rejection) return { status: 404, content: { error: 'not_found' } }
    if (!(await authority.isLive(bearerOf(request)))) return rejection
    count.good += 1
    if (request.method === 'POST' && resource === 'orders') {
      return { status: 201, content: orders.create(request.headers['idempotency-key'], body) }
    }
    const content = resource === 'contacts' ? contacts : { resource, asked: count.good }
    return { status: 200, content }
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status, content } = await answer(request, await readBody(request))
    sendJson(response, status, content)
  }

  const listening = await listenOnLoopback((request, response) => {
    void serve(request, response)
  })
  return {
    origin: listening.origin,
    countOf: (path) => ({ received: 0, good: 0, ...counts.get(path) }),
    total: () => {
      const all = [...counts.values()]
      return {
        received: all.reduce((sum, { received }) => sum + received, 0),
        good: all.reduce((sum, { good }) => sum + good, 0),
      }
    },
    ordersCreated: () => orders.created,
    [Symbol.asyncDispose]: () => listening[Symbol.asyncDispose](),
  }
}

const contacts = {
  contacts: [
    { id: 1, name: 'Ada Lovelace', email: 'ada@example.com' },
    { id: 2, name: 'Grace Hopper', email: 'grace@example.com' },
  ],
}

type Order = { readonly id: number; readonly order: unknown }

class Orders {
  created = 0
  readonly #byKey = new Map<string, Order>()

  create(key: string | string[] | undefined, body: string): Order {
    const earlier = typeof key === 'string' ? this.#byKey.get(key) : undefined
    if (earlier) return earlier
    this.created += 1
    const order = { id: this.created, order: body === '' ? null : JSON.parse(body) }
    if (typeof key === 'string') this.#byKey.set(key, order)
    return order
  }
}

function bearerOf(request: IncomingMessage): string {
  return /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? ''
}
