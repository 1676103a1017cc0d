/** Pages of an answer (dialect section 9.4), over played ports. */
import { describe, expect, test } from 'vitest'
import { joinPages } from '../../runtime/call/gathered.ts'
import { itemsOf, nextPosition, onlyPage, PageGuard } from '../../runtime/call/paging.ts'
import type { Method, Paging } from '../../runtime/model/connector.ts'
import { asMethodName } from '../../runtime/model/ids.ts'
import type { Json } from '../../runtime/model/json.ts'
import { type Answer, AuthRefreshException, tokens, World } from '../support/world.ts'

const plain: Paging = { size: null, items: null, nextUrl: null, tokens: {}, maxPages: 100 }
const methodWith = (paging: Paging | null) =>
  ({ name: asMethodName('list'), paging }) as unknown as Method

function next(paging: Partial<Paging> | null, content: Json, headers: Record<string, string> = {}) {
  const head = { headers, url: 'https://api.acme.example/v1/list?page=1' }
  const method = methodWith(paging && { ...plain, ...paging })
  return nextPosition(method, onlyPage, { kind: 'accept', content, status: 200, head })
}

describe('nextPosition()', () => {
  const second = { number: 2, nextUrl: null, tokens: {}, piece: null }

  test.each<[Partial<Paging>, Json, boolean]>([
    [{}, [1], true],
    [{}, [], false],
    [{}, null, false],
    [{}, { no: 'list' }, false],
    [{ size: 2 }, [1, 2], true],
    [{ size: 2 }, [1, 2, 3], true],
    [{ size: 2 }, [1], false],
    [{ items: 'data.rows' }, { rows: [1] }, true],
    [{ items: 'data.rows' }, { rows: [] }, false],
    [{ items: 'data.rows' }, { rows: { one: 1 } }, true],
    [{ items: 'data.rows' }, { rows: null }, false],
    [{ items: 'data.rows' }, {}, false],
    [{ items: 'data.rows', size: 1 }, { rows: { one: 1 } }, true],
    [{ items: 'data.rows', size: 2 }, { rows: { one: 1 } }, false],
  ])('counted by %j, after %j: another one is %s', (paging, content, another) => {
    expect(next(paging, content)).toEqual(another ? { ...second, size: null } : null)
  })

  test('has none where the method has no pages', () => {
    expect(next(null, [1])).toBeNull()
  })

  test.each<[string, Json, Record<string, string>, string | null]>([
    ['data.next', { next: '/v1/list?page=2' }, {}, 'https://api.acme.example/v1/list?page=2'],
    ['data.next', { next: '?page=2' }, {}, 'https://api.acme.example/v1/list?page=2'],
    ['data.next', { next: 'https://b.example/{x}' }, {}, 'https://b.example/%7Bx%7D'],
    ['data.next', { next: '?q={a}{b}' }, {}, 'https://api.acme.example/v1/list?q=%7Ba%7D%7Bb%7D'],
    ['data.next', { next: 7 }, {}, 'https://api.acme.example/v1/7'],
    ['data.next', { next: '' }, {}, null],
    ['data.next', { next: null }, {}, null],
    ['data.next', { next: { a: 1 } }, {}, null],
    ['data.next', [], {}, null],
    ['headers.x-next', null, { 'x-next': '/2' }, 'https://api.acme.example/2'],
    ['headers.x.next', null, { 'x.next': '/2' }, 'https://api.acme.example/2'],
    ['headers.x-next', { 'x-next': '/2' }, {}, null],
    ['headers.link', null, { link: '</2>; rel=next' }, 'https://api.acme.example/2'],
    ['headers.link', null, { link: '</2>; rel=prev' }, null],
    ['headers.link', null, {}, null],
  ])('at what %s says: %j %j', (nextUrl, content, headers, url) => {
    const expected = url === null ? null : { ...second, size: null, nextUrl: url }
    expect(next({ nextUrl }, content, headers)).toEqual(expected)
  })

  test('by tokens: those that are there, and none is the end', () => {
    const paths = { '': 'data.next', b: 'headers.x-b', c: 'data.c' }
    expect(next({ tokens: paths }, { next: 'n', c: 5 }, { 'x-b': 'h' })?.tokens).toEqual({
      '': 'n',
      b: 'h',
      c: '5',
    })
    expect(next({ tokens: paths }, { c: 'x' })?.tokens).toEqual({ c: 'x' })
    expect(next({ tokens: paths, size: 9 }, { rows: [1, 2] })).toBeNull()
  })

  test('by a token where the address is missing: one of both is enough', () => {
    const paging = { nextUrl: 'data.url', tokens: { '': 'data.token' } }
    expect(next(paging, { token: 't' })).toMatchObject({ nextUrl: null, tokens: { '': 't' } })
    expect(next(paging, { url: '/2' })).toMatchObject({ tokens: {} })
    expect(next(paging, {})).toBeNull()
  })

  test.each<Partial<Paging>>([{}, { nextUrl: 'data.next' }, { tokens: { '': 'data.next' } }])(
    'needs data for %j, and says so of a text',
    (paging) => {
      expect(() => next(paging, 'a text')).toThrow(
        expect.objectContaining({ type: 'ResponseParseError', reason: 'paging' }),
      )
    },
  )

  test('needs no data where headers say it all', () => {
    expect(next({ nextUrl: 'headers.link' }, 'a text')).toBeNull()
    expect(next({ tokens: { '': 'headers.x' } }, 'a text', { x: 't' })?.tokens).toEqual({ '': 't' })
  })

  test('fails where the address is none', () => {
    expect(() => next({ nextUrl: 'data.next' }, { next: 'https://' })).toThrow(
      expect.objectContaining({ type: 'ResponseParseError', reason: 'paging' }),
    )
  })
})

describe('itemsOf()', () => {
  test.each<[string | null, Json, Json]>([
    [null, [1], [1]],
    [null, null, []],
    [null, { a: 1 }, null],
    ['data.rows', { rows: [1] }, [1]],
    ['data.rows', { rows: 'one' }, ['one']],
    ['data.a.b', { a: { b: [2] } }, [2]],
    ['data.rows', {}, []],
    ['data.rows', 'text', []],
  ])('by %s of %j', (items, content, expected) => {
    expect(itemsOf({ ...plain, items }, content)).toEqual(expected)
  })
})

describe('joinPages()', () => {
  const inside: Paging = { ...plain, items: 'data.rows' }

  test.each<[string, readonly Json[], Paging | null, Json]>([
    ['no page', [], null, null],
    ['one page, as it is', [{ rows: [1] }], inside, { rows: [1] }],
    ['one null page', [null], plain, null],
    ['lists', [[1], [2, [3]]], plain, [1, 2, [3]]],
    ['lists with a page of nothing', [[1], null, [2]], plain, [1, 2]],
    ['other pages', [{ a: 1 }, [2]], plain, [{ a: 1 }, [2]]],
    ['other pages, one of nothing', [{ a: 1 }, null], plain, [{ a: 1 }]],
    ['pieces of a method without pages', [{ a: 1 }, { b: 2 }], null, [{ a: 1 }, { b: 2 }]],
    [
      'items, in the first page',
      [{ rows: [1], n: 1 }, { rows: 2 }, {}],
      inside,
      { rows: [1, 2], n: 1 },
    ],
    ['lists where items were expected inside', [[1], [2]], inside, [1, 2]],
  ])('of %s', (_name, pages, paging, expected) => {
    expect(joinPages(pages, paging)).toEqual(expected)
  })
})

describe('PageGuard', () => {
  const at = (number: number, over = {}) => ({ ...onlyPage, number, ...over })
  const guard = (maxPages: number) => new PageGuard(methodWith({ ...plain, maxPages }))

  test('admits as many pages as the definition says', () => {
    const most = guard(2)
    expect(() => most.admit(at(2))).not.toThrow()
    expect(() => most.admit(at(3))).toThrow(
      expect.objectContaining({ type: 'ResponseTooLarge', reason: 'page-limit' }),
    )
  })

  test('admits counted pages that look alike, and no address or token for a second time', () => {
    const circle = expect.objectContaining({ type: 'ResponseParseError', reason: 'page-loop' })
    const counted = guard(9)
    for (const number of [2, 3]) counted.admit(at(number))
    const linked = guard(9)
    linked.admit(at(2, { nextUrl: 'https://a.example/2' }))
    linked.admit(at(3, { nextUrl: 'https://a.example/3' }))
    expect(() => linked.admit(at(4, { nextUrl: 'https://a.example/2' }))).toThrow(circle)
    const named = guard(9)
    named.admit(at(2, { tokens: { '': 'a' } }))
    named.admit(at(3, { tokens: { '': 'b' } }))
    expect(() => named.admit(at(4, { tokens: { '': 'a' } }))).toThrow(circle)
  })
})

describe('executeCall() reads page after page', () => {
  const definition = (method: object, around: object = {}) =>
    JSON.stringify({
      base_url: 'https://api.acme.example',
      auth: {
        type: 'oauth2',
        authorization_url: 'https://api.acme.example/authorize',
        token_url: 'https://api.acme.example/token',
        client_id: 'id',
      },
      script: 'main.js',
      methods: { get: { path: '/list', ...method } },
      ...around,
    })
  const counted = { query: { page: 'CYCLR_PAGE_NUMBER' }, paging: { size: 2 } }
  const pageOf = (url: string) => Number(new URL(url).searchParams.get('page'))
  const lists: readonly Json[] = [[1, 2], [3, 4], [5]]
  const listing = ({ url }: { readonly url: string }): Answer =>
    url.endsWith('/token')
      ? { json: { access_token: 'new' } }
      : { json: lists[pageOf(url) - 1] ?? [], headers: { 'x-page': String(pageOf(url)) } }

  test('with the hooks of a page for each, and those of the whole for all', async () => {
    const seen: unknown[] = []
    const world = new World({
      definition: definition(counted),
      auth: tokens('good'),
      hooks: {
        after_action: (globals) => {
          globals.method_response = (globals.method_response as number[]).map((n) => n * 10)
        },
        after_action_paging: (globals) => {
          const { 'x-page': page } = globals.method_response_headers as Record<string, Json>
          seen.push([globals.method_response, page])
          globals.method_response = { sum: 150 }
        },
        action_condition: (globals) => {
          seen.push(globals.method_response)
          return false
        },
      },
      vendor: listing,
    })
    const outcome = await world.call()
    expect(outcome).toMatchObject({ kind: 'success', content: { sum: 150 }, exit: false })
    expect(seen).toEqual([[[10, 20, 30, 40, 50], '3'], { sum: 150 }])
    expect(outcome.trail.attempts.map(({ page, cause }) => [page, cause])).toEqual([
      [1, 'first'],
      [2, 'first'],
      [3, 'first'],
    ])
  })

  test('with a renewal for each page, and one for the whole, which is then read again', async () => {
    const thrown: string[] = []
    const once = (place: string) => {
      if (thrown.includes(place)) return
      thrown.push(place)
      throw new AuthRefreshException(place)
    }
    const world = new World({
      definition: definition(counted),
      auth: tokens('old'),
      hooks: {
        after_action: (globals) => once(`page ${(globals.method_response as Json[])[0]}`),
        after_action_paging: () => once('all pages'),
        action_condition: () => once('everything'),
      },
      vendor: listing,
    })
    const outcome = await world.call()
    expect(outcome).toMatchObject({ kind: 'success', content: [1, 2, 3, 4, 5], exit: true })
    expect(thrown).toEqual(['page 1', 'page 3', 'page 5', 'all pages', 'everything'])
    expect(world.renewals).toBe(5)
    expect(outcome.trail.attempts.map(({ page, cause }) => `${page} ${cause}`)).toEqual([
      '1 first',
      '1 replay',
      '2 first',
      '2 replay',
      '3 first',
      '3 replay',
      '1 replay',
      '2 first',
      '3 first',
      '1 replay',
      '2 first',
      '3 first',
    ])
  })

  test.each(['after_action_paging', 'action_condition'] as const)(
    'and fails where %s rejects the renewed credential too, with its own exception or false',
    async (event) => {
      const world = (hook: () => unknown) =>
        new World({
          definition: definition(counted),
          auth: tokens('old'),
          hooks: { [event]: hook },
          vendor: listing,
        })
      const again = world(() => {
        throw new AuthRefreshException()
      })
      expect(await again.call()).toMatchObject({ failure: { reason: 'rejected-again' } })
      expect(again.renewals).toBe(1)
      const broken = world(() => {
        throw new Error('broken')
      })
      expect(await broken.call()).toMatchObject({
        failure: { type: 'ScriptError', message: 'broken' },
      })
    },
  )

  test('and takes false of after_action_paging for a failure, and a text of JSON for data', async () => {
    const world = (left: unknown) =>
      new World({
        definition: definition(counted),
        auth: tokens('good'),
        hooks: {
          after_action_paging: (globals) => {
            globals.method_response = '{"a":1}'
            return left
          },
        },
        vendor: listing,
      })
    expect(await world(false).call()).toMatchObject({ failure: { reason: 'returned-false' } })
    expect(await world(true).call()).toMatchObject({ content: { a: 1 } })
  })

  test('and stops at one that fails, that is stopped or that is a warning', async () => {
    const failing = new World({
      definition: definition(counted),
      auth: tokens('good'),
      vendor: (request) => (pageOf(request.url) === 2 ? { status: 404 } : listing(request)),
    })
    expect(await failing.call()).toMatchObject({ failure: { httpCode: 404 } })
    expect(failing.requests).toHaveLength(2)
    const stopping = new World({
      definition: definition(counted),
      auth: tokens('good'),
      hooks: {
        before_action: (globals) =>
          (globals.method_request_parameters as { page: string }).page !== '2',
      },
      vendor: listing,
    })
    expect(await stopping.call()).toMatchObject({ kind: 'stopped' })
  })

  test('and fails where a page names one that was asked for before', async () => {
    const world = new World({
      definition: definition({ paging: { next_url: 'data.next' } }),
      auth: tokens('good'),
      vendor: () => ({ json: { next: '/again' } }),
    })
    expect(await world.call()).toMatchObject({
      failure: { reason: 'page-loop', message: expect.stringMatching(/^get .* page 2 /) },
    })
    expect(world.requests).toHaveLength(2)
  })

  test('and keeps no more of them than the call may hold', async () => {
    const world = (call_bytes: number) =>
      new World({
        definition: definition(counted, { limits: { call_bytes } }),
        auth: tokens('good'),
        vendor: listing,
      })
    expect(await world(13).call()).toMatchObject({ kind: 'success' })
    expect(await world(12).call()).toMatchObject({
      failure: { type: 'ResponseTooLarge', reason: 'pages' },
    })
  })

  test('for each piece of the list that is sent, and joins it all', async () => {
    const world = new World({
      definition: definition({ verb: 'POST', outbound_paging: { location: '[rows]', size: 2 } }),
      auth: tokens('good'),
      vendor: ({ body }) => ({ json: JSON.parse(Buffer.from(body ?? []).toString()).rows }),
    })
    const outcome = await world.call({ input: { rows: [1, 2, 3, 4, 5], x: 'y' } })
    expect(outcome).toMatchObject({ content: [1, 2, 3, 4, 5] })
    expect(world.requests).toHaveLength(3)
    await world.call({ input: { rows: [1, 2] } })
    await world.call({ input: { rows: 'no list' } })
    expect(world.requests).toHaveLength(5)
    await world.call({ input: { rows: [] } })
    expect(Buffer.from(world.requests.at(-1)?.body ?? []).toString()).toBe('{"rows":[]}')
  })
})
