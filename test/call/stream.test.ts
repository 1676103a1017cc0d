import { describe, expect, test } from 'vitest'
import { resolveCall } from '../../runtime/call/resolve.ts'
import { streamCall } from '../../runtime/call/stream.ts'
import type { CallRequest, Outcome, Page } from '../../runtime/model/call.ts'
import { CallFailure } from '../../runtime/model/failure.ts'
import type { Ports } from '../../runtime/model/ports.ts'
import { World, type WorldOptions } from '../support/world.ts'

const definition = (callMs = 90_000) => `
base_url: https://api.acme.example
limits: { call_ms: ${callMs} }
script: main.js
methods:
  get: { path: /things, query: { page: CYCLR_PAGE_NUMBER }, paging: {} }
  put: { verb: PUT, path: /things, body_type: json, outbound_paging: { location: rows, size: 1 } }
`

const worldOf = (options: Partial<WorldOptions>) =>
  new World({ definition: definition(), hooks: {}, vendor: () => ({ json: [] }), ...options })

type Asked = {
  readonly request?: Partial<CallRequest>
  readonly ports?: Partial<Ports>
  readonly signal?: AbortSignal
}

async function streamOf(world: World, { request, ports, signal }: Asked = {}) {
  const whole = { tenant: 't', connector: 'acme', method: 'get', connection: 'c', ...request }
  const call = await resolveCall(whole, world.registry(), () => 'call-1')
  const allPorts = { ...world.ports(), ...ports }
  return streamCall(call, allPorts, signal ?? new AbortController().signal)
}

/** All pages, and the outcome; `meanwhile` is what their reader does with each. */
async function read(
  stream: AsyncGenerator<Page, Outcome>,
  meanwhile: (page: Page) => void | Promise<void> = () => {},
) {
  const pages: Page[] = []
  for (;;) {
    const { done, value } = await stream.next()
    if (done) return { pages, outcome: value }
    pages.push(value)
    await meanwhile(value)
  }
}

/** Longer than the shortest deadline here. */
const aWhile = () => new Promise<void>((resolve) => setTimeout(resolve, 300))

/** Answers nothing before its signal aborts. */
const silence = (signal: AbortSignal) =>
  new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason))
  })

describe('streamCall()', () => {
  test('yields each page with its number, and ends with an outcome that has none of them', async () => {
    const world = worldOf({
      vendor: (_request, nth) => ({ status: 200 + nth, json: nth < 3 ? [nth] : [] }),
    })
    const { pages, outcome } = await read(await streamOf(world))
    expect(pages).toEqual([
      { content: [1], number: 1 },
      { content: [2], number: 2 },
      { content: [], number: 3 },
    ])
    expect(outcome).toMatchObject({ kind: 'success', content: null, status: 203 })
    expect(outcome.trail.attempts.map(({ cause }) => cause)).toEqual(['first', 'first', 'first'])
  })

  test('sends a list piece by piece, and counts the answers through', async () => {
    const world = worldOf({
      vendor: ({ body }) => ({ json: JSON.parse(Buffer.from(body ?? []).toString()) }),
    })
    const request = { method: 'put', input: { rows: ['a', 'b'] } }
    const { pages } = await read(await streamOf(world, { request }))
    expect(pages).toEqual([
      { content: { rows: ['a'] }, number: 1 },
      { content: { rows: ['b'] }, number: 2 },
    ])
  })

  test('does not count the time for which its reader has a page', async () => {
    let now = 0
    const answers = [{ json: [1] }, { status: 429 }, { json: [2] }, { json: [] }]
    const world = worldOf({ vendor: (_request, nth) => answers[nth - 1] ?? {} })
    const { pages } = await read(await streamOf(world, { ports: { now: () => now } }), () => {
      now += 60_000
    })
    expect(pages.map(({ content }) => content)).toEqual([[1], [2], []])
    expect(world.waits).toEqual([60_000])
  })

  test('sets no deadline to a reader who has a page', async () => {
    const world = worldOf({
      definition: definition(200),
      vendor: (_request, nth, signal) => {
        signal.throwIfAborted()
        return { json: nth < 2 ? [nth] : [] }
      },
    })
    const { outcome } = await read(await streamOf(world), aWhile)
    expect(outcome.kind).toBe('success')
  })

  test('has its deadline again once the reader wants more', async () => {
    const world = worldOf({
      definition: definition(200),
      vendor: (_request, nth, signal) => (nth === 1 ? { json: [1] } : silence(signal)),
    })
    await expect(read(await streamOf(world))).rejects.toMatchObject({
      type: 'Timeout',
      reason: 'call-deadline',
    })
  })

  test.each(['after_action_paging', 'action_condition'] as const)(
    'yields the whole as one page where a script has %s',
    async (event) => {
      const world = worldOf({
        hooks: { [event]: () => true },
        vendor: (_request, nth) => ({ json: nth < 3 ? [nth] : [] }),
      })
      const { pages, outcome } = await read(await streamOf(world))
      expect(pages).toEqual([{ content: [1, 2], number: 1 }])
      expect(outcome).toMatchObject({ kind: 'success', content: [1, 2] })
      expect(world.jobs.filter((job) => job.event === event)).toHaveLength(1)
    },
  )

  test('yields nothing of a whole that was stopped', async () => {
    const hooks = { action_condition: () => true, before_action: () => false }
    const { pages, outcome } = await read(await streamOf(worldOf({ hooks })))
    expect(pages).toEqual([])
    expect(outcome.kind).toBe('stopped')
  })

  test('ends with a page that is stopped, and gives those before it', async () => {
    let asked = 0
    const world = worldOf({
      hooks: { before_action: () => ++asked < 2 },
      vendor: () => ({ json: [1] }),
    })
    const { pages, outcome } = await read(await streamOf(world))
    expect(pages).toEqual([{ content: [1], number: 1 }])
    expect(outcome.kind).toBe('stopped')
  })

  test('throws the failure of a page, and that of the whole', async () => {
    const failing = { vendor: () => ({ status: 500 }) }
    await expect(read(await streamOf(worldOf(failing)))).rejects.toMatchObject({ httpCode: 500 })
    const whole = worldOf({ ...failing, hooks: { action_condition: () => true } })
    await expect(read(await streamOf(whole))).rejects.toMatchObject({ httpCode: 500 })
  })

  test('throws a failure that no page came to without its secret, and a bug as it is', async () => {
    const refusing = worldOf({
      definition: `${definition()}properties: { Key: { in: header, as: X-Key, sensitive: true } }`,
      properties: { Key: 'key-of-ours' },
      vendor: () => {
        throw new CallFailure('RequestForbidden', 'not with key-of-ours')
      },
    })
    await expect(read(await streamOf(refusing))).rejects.toMatchObject({
      type: 'RequestForbidden',
      message: 'not with [secret]',
    })
    const bug = new RangeError('a bug')
    const broken = worldOf({
      vendor: () => {
        throw bug
      },
    })
    await expect(read(await streamOf(broken))).rejects.toBe(bug)
  })

  test('throws the reason of its signal, before and between pages', async () => {
    const reason = new Error('the worker stops')
    const never = worldOf({})
    const signal = AbortSignal.abort(reason)
    await expect(read(await streamOf(never, { signal }))).rejects.toBe(reason)
    expect(never.requests).toEqual([])
    const controller = new AbortController()
    const world = worldOf({
      vendor: (_request, nth, signal) => (nth === 1 ? { json: [1] } : silence(signal)),
    })
    const reading = read(await streamOf(world, { signal: controller.signal }), () => {
      setImmediate(() => controller.abort(reason))
    })
    await expect(reading).rejects.toBe(reason)
  })
})
