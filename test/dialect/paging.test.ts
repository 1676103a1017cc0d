/** Pages of an answer (dialect 9.4), against a real vendor, in a real isolate. */
import { describe, expect, test } from 'vitest'
import type { Page } from '../../runtime/model/call.ts'
import type { Json } from '../../runtime/model/json.ts'
import { openTemporaryRuntime } from '../support/temporary-runtime.ts'
import { json, type Reaction, startVendor, text } from '../support/vendor.ts'

type Part = Readonly<Record<string, unknown>>

/** A vendor and a connector over it, whose method `list` has what the test says. */
async function open(method: Part, around: Part = {}, script?: string) {
  const vendor = await startVendor()
  const home = openTemporaryRuntime({
    definition: {
      name: 'acme',
      base_url: vendor.origin,
      methods: { list: { path: '/items', ...method } },
      ...(script === undefined ? {} : { script: 'main.js' }),
      ...around,
    },
    scripts: script === undefined ? {} : { 'main.js': script },
  })
  const request = { tenant: 't', connector: 'acme', method: 'list' }
  return {
    vendor,
    runtime: home.runtime,
    request,
    call: (more: Part = {}) => home.runtime.call({ ...request, ...more }),
    async [Symbol.asyncDispose]() {
      await home[Symbol.asyncDispose]()
      await vendor[Symbol.asyncDispose]()
    },
  }
}

const numbered = {
  query: { page: 'CYCLR_PAGE_NUMBER', per: 'CYCLR_PAGE_SIZE', from: 'CYCLR_PAGE_OFFSET' },
  paging: { size: 2, items: 'data.items' },
}

const rows = (...items: Json[]): Reaction => json({ items, total: 3 })

describe('dialect 9.4 counted pages', () => {
  test('end at a page that is shorter than its size, and are joined in the first', async () => {
    await using acme = await open(numbered)
    acme.vendor.answers(rows(1, 2), rows(3))
    expect(await acme.call()).toMatchObject({
      kind: 'success',
      content: { items: [1, 2, 3], total: 3 },
    })
    expect(acme.vendor.requests.map(({ path }) => path)).toEqual([
      '/items?page=1&per=2&from=0',
      '/items?page=2&per=2&from=2',
    ])
  })

  test('end at an empty page, where no size is declared', async () => {
    await using acme = await open({ query: { page: 'CYCLR_PAGE_NUMBER' }, paging: {} })
    acme.vendor.answers(json([1]), json([2, 3]), json([]))
    expect(await acme.call()).toMatchObject({ content: [1, 2, 3] })
    expect(acme.vendor.requests).toHaveLength(3)
  })

  test('end where there is nothing to count', async () => {
    await using acme = await open({ query: { page: 'CYCLR_PAGE_NUMBER' }, paging: {} })
    acme.vendor.answers(json({ name: 'one' }))
    expect(await acme.call()).toMatchObject({ content: { name: 'one' } })
    expect(acme.vendor.requests).toHaveLength(1)
  })

  test('stand in texts, headers and bodies too, as a number where they are a whole value', async () => {
    await using acme = await open({
      verb: 'POST',
      path: '/page-{{CYCLR_PAGE_NUMBER}}',
      headers: { 'X-Page': 'p{{CYCLR_PAGE_NUMBER}}' },
      body: { page: 'CYCLR_PAGE_NUMBER', text: 'page {{CYCLR_PAGE_NUMBER}} of {{name}}' },
      paging: { size: 1 },
    })
    acme.vendor.answers(json([1]), json([]))
    await acme.call({ input: { name: 'CYCLR_PAGE_NUMBER' } })
    const [, second] = acme.vendor.requests
    expect(second).toMatchObject({ path: '/page-2', headers: { 'x-page': 'p2' } })
    expect(JSON.parse(second?.body ?? '')).toEqual({
      page: 2,
      text: 'page 2 of CYCLR_PAGE_NUMBER',
    })
  })

  test('are those of the connector, for a GET method that asks for them', async () => {
    const methods = {
      list: { path: '/items', query: { page: 'CYCLR_PAGE_NUMBER' } },
      off: { path: '/items', query: { page: 'CYCLR_PAGE_NUMBER' }, paging: false },
      one: { path: '/items/1' },
    }
    await using acme = await open({}, { methods, paging: { size: 1 } })
    acme.vendor.answers(json([1]), json([]), json([9]))
    expect(await acme.call()).toMatchObject({ content: [1] })
    expect(await acme.call({ method: 'off' })).toMatchObject({ content: [9] })
    expect(await acme.call({ method: 'one' })).toMatchObject({ content: [9] })
    expect(acme.vendor.requests).toHaveLength(4)
  })

  test('leave out what CYCLR_IGNORE_PARAMETER takes away from one method', async () => {
    const ignored = 'CYCLR_IGNORE_PARAMETER'
    await using acme = await open(
      { query: { limit: ignored }, headers: { 'x-region': ignored } },
      { query: { limit: 9, sort: 'id' }, headers: { 'X-Region': 'eu' } },
    )
    acme.vendor.answers(json([]))
    await acme.call()
    expect(acme.vendor.requests[0]?.path).toBe('/items?sort=id')
    expect(acme.vendor.requests[0]?.headers).not.toHaveProperty('x-region')
  })
})

describe('dialect 9.4 pages that name the next one', () => {
  test('by a Link header, relative to the page, without the first request’s query', async () => {
    await using acme = await open({ query: { q: 'a' }, paging: { next_url: 'headers.link' } })
    const link = '<first>; rel="first", </items?cursor=b,c;d>; title="a, b"; rel="x next"'
    acme.vendor.answers(json([1], { headers: { link } }), json([2]))
    expect(await acme.call()).toMatchObject({ content: [1, 2] })
    expect(acme.vendor.requests.map(({ path }) => path)).toEqual([
      '/items?q=a',
      '/items?cursor=b,c;d',
    ])
  })

  test('by a path, with the credential sent anew, and no mergefield of ours filled in', async () => {
    await using acme = await open(
      { paging: { next_url: 'data.next', items: 'data.items' } },
      {
        auth: { type: 'api_key', in: 'query', as: 'key' },
        properties: { Pass: { in: 'mergefield', sensitive: true } },
      },
    )
    const person = { tenant: 't', connection: 'c' }
    await acme.runtime.connections.create({
      ...person,
      connector: 'acme',
      key: 'fresh',
      properties: { Pass: 'hidden-password' },
    })
    acme.vendor.answers(
      json({ items: [1], next: `${acme.vendor.origin}/more?key=stale&x={{Pass}}` }),
      json({ items: [2], next: null }),
    )
    expect(await acme.call(person)).toMatchObject({ content: { items: [1, 2] } })
    const { searchParams } = new URL(acme.vendor.requests[1]?.path ?? '', acme.vendor.origin)
    expect([...searchParams]).toEqual([
      ['key', 'fresh'],
      ['x', '{{Pass}}'],
    ])
  })

  test('are not followed to an origin that the connector does not declare', async () => {
    await using acme = await open({ paging: { next_url: 'data.next', items: 'data.items' } })
    acme.vendor.answers(json({ items: [1], next: 'https://elsewhere.example/' }))
    expect(await acme.call()).toMatchObject({
      kind: 'failure',
      failure: { type: 'RequestForbidden' },
    })
  })

  test('by tokens, several of them, absent from the first request; an empty page is not the end', async () => {
    await using acme = await open({
      query: {
        after: 'CYCLR_PAGE_TOKEN',
        shard: 'CYCLR_PAGE_TOKEN_SHARD',
        s: '[{{CYCLR_PAGE_TOKEN}}]',
      },
      paging: {
        size: 2,
        items: 'data.items',
        tokens: { '': 'data.next', SHARD: 'headers.x-shard' },
      },
    })
    acme.vendor.answers(
      json({ items: [1], next: 'n&1' }, { headers: { 'X-Shard': '7' } }),
      json({ items: [], next: 2 }),
      json({ items: [3], next: '' }),
    )
    expect(await acme.call()).toMatchObject({ content: { items: [1, 3] } })
    const queries = acme.vendor.requests.map(({ path }) =>
      Object.fromEntries(new URL(path, acme.vendor.origin).searchParams),
    )
    expect(queries).toEqual([
      { s: '[]' },
      { after: 'n&1', shard: '7', s: '[n&1]' },
      { after: '2', s: '[2]' },
    ])
  })

  test('that go in a circle fail as page-loop', async () => {
    await using acme = await open({
      query: { after: 'CYCLR_PAGE_TOKEN' },
      paging: { tokens: 'data.next', items: 'data.items' },
    })
    acme.vendor.answers(
      json({ items: [1], next: 'a' }),
      json({ items: [1], next: 'b' }),
      json({ items: [1], next: 'a' }),
    )
    expect(await acme.call()).toMatchObject({
      failure: { type: 'ResponseParseError', reason: 'page-loop' },
    })
    expect(acme.vendor.requests).toHaveLength(3)
  })

  test('without end fail as page-limit', async () => {
    await using acme = await open({
      query: { page: 'CYCLR_PAGE_NUMBER' },
      paging: { max_pages: 3 },
    })
    acme.vendor.answers(json([1]))
    expect(await acme.call()).toMatchObject({
      failure: { type: 'ResponseTooLarge', reason: 'page-limit' },
    })
    expect(acme.vendor.requests).toHaveLength(3)
  })

  test('that are too much together fail, where they are kept', async () => {
    await using acme = await open(
      { query: { page: 'CYCLR_PAGE_NUMBER' }, paging: { max_pages: 9 } },
      { limits: { call_bytes: 50 } },
    )
    acme.vendor.answers(json(['x'.repeat(30)]))
    expect(await acme.call()).toMatchObject({
      failure: { type: 'ResponseTooLarge', reason: 'pages' },
    })
    expect(acme.vendor.requests).toHaveLength(2)
  })

  test('dialect 14.10 that are no data fail as ResponseParseError', async () => {
    await using acme = await open(numbered)
    acme.vendor.answers(text('{"items": [1', 'application/json'))
    expect(await acme.call()).toMatchObject({
      failure: { type: 'ResponseParseError', reason: 'paging' },
    })
  })
})

describe('dialect 9.4 hooks and pages', () => {
  const script = `
    function before_action() {
      action_data.sent = (action_data.sent || 0) + 1
      method_request_headers['X-Sent'] = String(action_data.sent)
      return true
    }
    function after_action() {
      method_response.items = method_response.items.map(function (item) { return item * 10 })
      method_response.next = method_response.cursor
      return true
    }
    function after_action_paging() {
      action_data.overall = (action_data.overall || 0) + 1
      method_response = { sent: action_data.sent, overall: action_data.overall, all: method_response.items }
      return true
    }
    function action_condition() { return method_response.all.length > 2 }`
  const method = {
    query: { after: 'CYCLR_PAGE_TOKEN' },
    paging: { items: 'data.items', tokens: 'data.next' },
  }

  test('run per page, keep action_data, and see the whole once, as after_action left it', async () => {
    await using acme = await open(method, {}, script)
    acme.vendor.answers(json({ items: [1, 2], cursor: 'c' }), json({ items: [3] }))
    const outcome = await acme.call()
    expect(outcome).toMatchObject({
      kind: 'success',
      content: { sent: 2, overall: 1, all: [10, 20, 30] },
      exit: true,
    })
    expect(acme.vendor.requests.map(({ path }) => path)).toEqual(['/items', '/items?after=c'])
    expect(acme.vendor.requests.map(({ headers }) => headers['x-sent'])).toEqual(['1', '2'])
    expect(outcome.trail.attempts.map(({ page, verdict }) => [page, verdict])).toEqual([
      [1, 'accept'],
      [2, 'accept'],
    ])
  })

  test('dialect 2 see the whole also where there are no pages', async () => {
    await using acme = await open({}, {}, script)
    acme.vendor.answers(json({ items: [1] }))
    expect(await acme.call()).toMatchObject({ content: { all: [10], overall: 1 }, exit: false })
  })

  test('dialect 14.8 see what after_error made a success', async () => {
    const lenient = `
      function after_error() { method_error.isSuccess = true; method_error.content = '[]'; return true }
      function after_action() { throw new Error('not this one') }
      function after_action_paging() { method_response.push('seen'); return true }
      function action_condition() { return method_response.length === 0 }`
    await using acme = await open({}, {}, lenient)
    acme.vendor.answers(json({ error: 'no session' }, { status: 404 }))
    expect(await acme.call()).toMatchObject({ kind: 'success', content: ['seen'], exit: false })
  })

  test('dialect 14.3 fail the call where after_action_paging returns false', async () => {
    await using acme = await open({}, {}, 'function after_action_paging() { return false }')
    acme.vendor.answers(json([]))
    expect(await acme.call()).toMatchObject({
      failure: { type: 'ScriptError', reason: 'returned-false' },
    })
  })
})

describe('dialect 14.5 renewals and pages', () => {
  const auth = (origin: string) => ({
    auth: {
      type: 'oauth2',
      grant: 'client_credentials',
      token_url: `${origin}/token`,
      client_id: 'id',
    },
  })

  /** A vendor whose access token dies as often as it is told to, in between pages. */
  async function dying(script: string, rejects: (page: number, token: number) => boolean) {
    const vendor = await startVendor()
    let tokens = 0
    vendor.on('/token', (request, response, signal) =>
      json({ access_token: `token-${++tokens}` })(request, response, signal),
    )
    vendor.on('/items', (request, response, signal) => {
      const page = Number(new URL(request.path, vendor.origin).searchParams.get('page'))
      const token = Number(request.headers.authorization?.split('-')[1])
      const dead = rejects(page, token)
      const answer = dead ? json({ error: 'dead' }) : json(page < 4 ? [page] : [])
      return answer(request, response, signal)
    })
    const home = openTemporaryRuntime({
      definition: {
        name: 'acme',
        base_url: vendor.origin,
        ...auth(vendor.origin),
        script: 'main.js',
        methods: {
          list: { path: '/items', query: { page: 'CYCLR_PAGE_NUMBER' }, paging: { max_pages: 9 } },
        },
      },
      scripts: { 'main.js': script },
    })
    const person = { tenant: 't', connection: 'c', connector: 'acme' }
    await home.runtime.connections.create(person)
    const outcome = await home.runtime.call({ ...person, method: 'list' })
    await home[Symbol.asyncDispose]()
    await vendor[Symbol.asyncDispose]()
    return { outcome, tokens, requests: vendor.requests.filter(({ path }) => path !== '/token') }
  }

  const onError = `function after_action() {
    if (method_response.error) throw new AuthRefreshException()
    return true
  }`

  test('give each page a renewal of its own', async () => {
    const { outcome, tokens, requests } = await dying(onError, (page, token) => token < page)
    expect(outcome).toMatchObject({ kind: 'success', content: [1, 2, 3] })
    expect({ tokens, requests: requests.length }).toEqual({ tokens: 4, requests: 7 })
  })

  test('give a page no second one', async () => {
    const { outcome, requests } = await dying(onError, (page) => page === 2)
    expect(outcome).toMatchObject({
      failure: { type: 'AuthRefreshFailed', reason: 'rejected-again' },
    })
    expect(requests).toHaveLength(3)
  })

  test('let after_action_paging ask for one, and begin again at the first page', async () => {
    const onWhole = `function after_action_paging() {
      if (!action_data.again) { action_data.again = true; throw new AuthRefreshException() }
      return true
    }`
    const { outcome, tokens, requests } = await dying(onWhole, () => false)
    expect(outcome).toMatchObject({ kind: 'success', content: [1, 2, 3] })
    expect({ tokens, requests: requests.length }).toEqual({ tokens: 2, requests: 8 })
    expect(outcome.trail.attempts.map(({ cause }) => cause)).toContain('replay')
  })

  test('let action_condition ask for one, and not for two', async () => {
    const always = 'function action_condition() { throw new AuthRefreshException() }'
    const { outcome, tokens } = await dying(always, () => false)
    expect(outcome).toMatchObject({
      failure: { type: 'AuthRefreshFailed', reason: 'rejected-again' },
    })
    expect(tokens).toBe(2)
  })
})

describe('runtime.pages()', () => {
  const counted = { query: { page: 'CYCLR_PAGE_NUMBER' }, paging: { max_pages: 9 } }

  async function read(pages: AsyncGenerator<Page, unknown, undefined>) {
    const contents: Page[] = []
    for (;;) {
      const { done, value } = await pages.next()
      if (done) return { contents, returned: value }
      contents.push(value)
    }
  }

  test('hands out each page as it comes, and returns the outcome', async () => {
    await using acme = await open(counted)
    acme.vendor.answers(json([1]), json([2]), json([]))
    const pages = acme.runtime.pages(acme.request)
    expect(await pages.next()).toEqual({ done: false, value: { content: [1], number: 1 } })
    expect(acme.vendor.requests).toHaveLength(1)
    expect(await read(pages)).toMatchObject({
      contents: [
        { content: [2], number: 2 },
        { content: [], number: 3 },
      ],
      returned: { kind: 'success', content: null, trail: { attempts: [{}, {}, {}] } },
    })
  })

  test('asks for nothing more when its reader leaves', async () => {
    await using acme = await open(counted)
    acme.vendor.answers(json([1]))
    for await (const { number } of acme.runtime.pages(acme.request)) if (number === 2) break
    expect(acme.vendor.requests).toHaveLength(2)
  })

  test('throws the failure of the page that failed', async () => {
    await using acme = await open(counted)
    acme.vendor.answers(json([1]), json({}, { status: 500 }))
    const pages = acme.runtime.pages(acme.request)
    await pages.next()
    await expect(pages.next()).rejects.toMatchObject({ type: 'HttpError', httpCode: 500 })
  })

  test('hands out the whole at once, where a script wants the whole', async () => {
    const script = 'function after_action_paging() { method_response.push("whole"); return true }'
    await using acme = await open(counted, {}, script)
    acme.vendor.answers(json([1]), json([2]), json([]))
    expect(await read(acme.runtime.pages(acme.request))).toMatchObject({
      contents: [{ content: [1, 2, 'whole'], number: 1 }],
    })
  })
})
