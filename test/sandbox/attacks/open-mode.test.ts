/**
 * The corpus's addresses where the tenant itself names the host: the connector's origins then allow
 * whatever it says, and only the check of the address stands between a script and the network.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createRuntime, type Runtime } from '../../../runtime/runtime.ts'
import { temporaryHome } from '../home.ts'
import { readCorpus } from './corpus.ts'
import { logOf } from './judge.ts'
import { watchBroker } from './watch.ts'

const connector = {
  definition: {
    name: 'open',
    base_url: 'https://{{Host}}',
    properties: { Host: { in: 'mergefield' } },
    script: 'main.js',
    methods: { get: { path: '/' } },
  },
  scripts: {
    'main.js': `function before_action() {
      try { console.log('sent', http_request({ url: 'https://' + method_request_mergefields.Host }).status_code) }
      catch (e) { console.log('refused', e.message) } }`,
  },
}

/** Of each attack that is nothing but an address: the host, as it stands there. */
const hosts = readCorpus().flatMap(({ id, category, source }) => {
  const [, url] = /^method_request\.url = "(.*)";$/m.exec(source) ?? []
  if (category !== 'request' || url === undefined) return []
  const text = JSON.parse(`"${url}"`) as string
  return [[id, text.replace(/^\s*([a-z]+:)?\/*/, '').replace(/\/$/, '')] as const]
})

const stage = useRuntime()

test('there are hosts to try', () => {
  expect(hosts.length).toBeGreaterThan(25)
})

test.each(hosts)('%s: no socket is opened to %s', async (id, host) => {
  const { texts, dialled } = await attempt(stage(), { host, connection: id })
  expect(dialled).toEqual([])
  for (const text of texts) expect(text).toMatch(refusal)
})

test('a socket is opened to an address that is allowed, and seen', async () => {
  using home = temporaryHome()
  await using runtime = createRuntime({ ...home.options, connectors: [connector] })
  const { dialled } = await attempt(runtime, { host: '127.0.0.1:9', connection: 'c' })
  expect(dialled).toContain('127.0.0.1:9')
})

/** What a resolver says, or one that has never heard of the name. */
const refusal = /is not allowed: |its name is not known/

/** Calls the host twice, by the script and by the method; returns what was said of it. */
async function attempt(
  runtime: Runtime,
  { host, connection }: { readonly host: string; readonly connection: string },
) {
  const who = { tenant: 't', connector: 'open', connection }
  const look = watchBroker(() => [])
  try {
    await runtime.connections.create({ ...who, properties: { Host: host } })
    const outcome = await runtime.call({ ...who, method: 'get' })
    const said = outcome.kind === 'failure' ? outcome.failure.message : 'it succeeded'
    return { texts: [...logOf(outcome).map(({ text }) => text), said], dialled: look().dialled }
  } catch (error) {
    return { texts: [String(error)], dialled: look().dialled }
  }
}

/** One runtime that may reach public addresses only. */
function useRuntime(): () => Runtime {
  let runtime: Runtime | null = null
  const home = temporaryHome()
  beforeAll(() => {
    const { allowPrivate: _none, ...options } = home.options
    runtime = createRuntime({ ...options, connectors: [connector] })
  })
  afterAll(async () => {
    await runtime?.[Symbol.asyncDispose]()
    home[Symbol.dispose]()
  })
  return () => {
    if (runtime === null) throw new Error('the runtime is opened before the first test')
    return runtime
  }
}
