/** Secrets are not in the sandbox: its memory is searched while a call with a known token runs. */
import { closeSync, openSync, readFileSync, readSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { createRuntime } from '../../runtime/runtime.ts'
import { after, json, startVendor } from '../support/vendor.ts'
import { temporaryHome } from './home.ts'

const token = 'needle-71f0c2d98b3a4e5f-in-a-haystack'
const canLook = process.platform === 'linux' && process.getuid?.() === 0

/** Every form in which the token could lie there; base64 in each of its three alignments. */
const needles = [
  Buffer.from(token, 'utf8'),
  Buffer.from(token, 'utf16le'),
  ...[0, 1, 2].map((shift) => {
    const whole = Buffer.concat([Buffer.alloc(shift), Buffer.from(token)]).toString('base64')
    return Buffer.from(whole.slice(shift === 0 ? 0 : 4, -4))
  }),
]

describe.runIf(canLook)('the memory of the sandbox process', () => {
  test('does not hold the token of the call that runs in it', async () => {
    expect(await findings({ reveal: false })).toBe(0)
  })

  test('holds it where the connector says `reveal_secrets`: the search finds what is there', async () => {
    expect(await findings({ reveal: true })).toBeGreaterThan(0)
  })
})

/** How often the token lies in the sandbox process while a hook that uses it waits for the vendor. */
async function findings({ reveal }: { readonly reveal: boolean }): Promise<number> {
  await using vendor = await startVendor()
  const looked = Promise.withResolvers<void>()
  vendor.on('/echo', json({ echo: token }))
  vendor.on('/wait', after(looked.promise, json({})))
  vendor.on('/things', json({ fine: true }))
  using home = temporaryHome()
  const pids: number[] = []
  await using runtime = createRuntime({
    ...home.options,
    connectors: [connectorAt(vendor.origin, reveal)],
    sandbox: { slots: 1, log: ({ kind, pid }) => kind === 'started' && pids.push(pid) },
  })
  await runtime.connections.create({ ...who, connector: 'acme', key: token })
  const call = runtime.call({ ...who, connector: 'acme', method: 'get' })
  await vendor.received(2)
  const count = occurrences(pids[0] ?? 0)
  looked.resolve()
  expect(await call).toMatchObject({ kind: 'success', content: { fine: true } })
  expect(vendor.requests.at(-1)?.headers['x-key']).toBe(token)
  return count
}

const who = { tenant: 't', connection: 'c' }

function connectorAt(origin: string, reveal: boolean) {
  return {
    definition: {
      name: 'acme',
      base_url: origin,
      auth: { type: 'api_key', in: 'header', as: 'X-Key' },
      reveal_secrets: reveal,
      script: 'main.js',
      methods: { get: { path: '/things' } },
    },
    scripts: {
      'main.js': `function before_action() {
        method_request_headers['X-Copy'] = 'key ' + method_auth_value
        kept = http_request({ url: '${origin}/echo', headers: { 'X-Mine': method_auth_value } }).content
        http_request({ url: '${origin}/wait' }) }
        var kept`,
    },
  }
}

/** Searches all that a process has mapped and may read. */
function occurrences(pid: number): number {
  const memory = openSync(`/proc/${pid}/mem`, 'r')
  const chunk = Buffer.alloc(4 * 1024 * 1024)
  let count = 0
  try {
    for (const { from, to } of regionsOf(pid)) {
      // A needle may lie across two chunks: they overlap by its length.
      for (let at = from; at < to; at += chunk.length - 256) {
        const size = readAt(memory, chunk, { at, size: Math.min(chunk.length, to - at) })
        count += needles.filter((needle) => chunk.subarray(0, size).includes(needle)).length
      }
    }
  } finally {
    closeSync(memory)
  }
  return count
}

function regionsOf(pid: number): readonly { readonly from: number; readonly to: number }[] {
  const lines = readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n')
  return lines.flatMap((line) => {
    const match = /^([0-9a-f]+)-([0-9a-f]+) r.*?(\/.*|\[v\w+\])?$/.exec(line)
    if (match === null || match[3] !== undefined) return []
    return [{ from: Number.parseInt(match[1] ?? '', 16), to: Number.parseInt(match[2] ?? '', 16) }]
  })
}

/** Some regions are mapped and cannot be read; they hold nothing then. */
function readAt(
  file: number,
  chunk: Buffer,
  { at, size }: { readonly at: number; readonly size: number },
): number {
  try {
    return readSync(file, chunk, 0, size, at)
  } catch {
    return 0
  }
}
