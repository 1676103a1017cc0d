import { expect, test } from 'vitest'
import {
  after,
  compressed,
  echo,
  flood,
  hang,
  json,
  redirect,
  reset,
  startVendor,
  tooManyRequests,
  trickle,
} from './vendor.ts'

test('startVendor() plays its reactions in order, the last one for ever, and records requests', async () => {
  await using vendor = await startVendor()
  vendor.answers(json({ turn: 1 }), json({ turn: 2 }, { status: 500 }))
  vendor.on('/login', json({ session: 's' }))
  const statuses = []
  for (const path of ['/a?b=c', '/login', '/d', '/e']) {
    statuses.push((await fetch(vendor.origin + path, { headers: { 'x-who': 'me' } })).status)
  }
  expect(statuses).toEqual([200, 200, 500, 500])
  expect(vendor.requests.map(({ path }) => path)).toEqual(['/a?b=c', '/login', '/d', '/e'])
  expect(vendor.requests[0]?.headers['x-who']).toBe('me')
})

test('hang() takes the request and leaves the caller waiting', async () => {
  await using vendor = await startVendor()
  vendor.answers(hang())
  const abort = new AbortController()
  const reply = fetch(vendor.origin, { signal: abort.signal })
  await vendor.received(1)
  abort.abort()
  await expect(reply).rejects.toThrow('aborted')
})

test.each(['request', 'headers', 'half-a-body'] as const)(
  'reset() cuts the line after the %s',
  async (moment) => {
    await using vendor = await startVendor()
    vendor.answers(reset(moment))
    await expect(fetch(vendor.origin).then((reply) => reply.text())).rejects.toThrow()
  },
)

test('flood() sends as many bytes as it is told, of valid JSON', async () => {
  await using vendor = await startVendor()
  vendor.answers(flood(1_000_000))
  const text = await (await fetch(vendor.origin)).text()
  expect(text.length).toBe(1_000_000)
  expect(typeof JSON.parse(text)).toBe('string')
})

test('trickle() sends byte after byte', async () => {
  await using vendor = await startVendor()
  vendor.answers(trickle(1))
  const reader = (await fetch(vendor.origin)).body?.getReader()
  for (let reads = 0; reads < 3; reads++) expect((await reader?.read())?.done).toBe(false)
  await reader?.cancel()
})

test('compressed() says its coding, and lies when asked', async () => {
  await using vendor = await startVendor()
  vendor.answers(compressed('br', '{"a":1}'), compressed('gzip', '{"a":1}', true))
  expect(await (await fetch(vendor.origin)).json()).toEqual({ a: 1 })
  await expect(fetch(vendor.origin).then((reply) => reply.text())).rejects.toThrow()
})

test('redirect() leads to where echo() tells what came', async () => {
  await using vendor = await startVendor()
  vendor.answers(redirect('/there', 307), echo())
  const reply = await fetch(vendor.origin, { method: 'POST', body: 'a body' })
  expect(await reply.json()).toMatchObject({ method: 'POST', path: '/there', body: 'a body' })
})

test('tooManyRequests() says when to come again, if told to', async () => {
  await using vendor = await startVendor()
  vendor.answers(tooManyRequests('7'), tooManyRequests())
  const [first, second] = [await fetch(vendor.origin), await fetch(vendor.origin)]
  expect([first.status, first.headers.get('retry-after')]).toEqual([429, '7'])
  expect([second.status, second.headers.get('retry-after')]).toEqual([429, null])
})

test('after() answers when the story says so', async () => {
  await using vendor = await startVendor()
  const gate = Promise.withResolvers<void>()
  vendor.answers(after(gate.promise, json({ late: true })))
  let answered = false
  const reply = fetch(vendor.origin).finally(() => {
    answered = true
  })
  await vendor.received(1)
  expect(answered).toBe(false)
  gate.resolve()
  expect(await (await reply).json()).toEqual({ late: true })
})
