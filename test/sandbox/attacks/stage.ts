import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ConnectorData } from '../../../runtime/definition/load.ts'
import type { Outcome } from '../../../runtime/model/call.ts'
import { createRuntime } from '../../../runtime/runtime.ts'
import { keysFromFile } from '../../../runtime/store/key-file.ts'
import { epilogue, prologue, type Route } from './adapter.ts'
import type { Attack } from './corpus.ts'
import { type AttackVendor, type Reaction, type Received, startAttackVendor } from './vendor.ts'
import { type Sighting, watchBroker } from './watch.ts'

/** What one run of an attack left behind. */
export type Run = {
  readonly outcome: Outcome
  readonly received: readonly Received[]
  readonly broken: number
  readonly sighting: Sighting
  /** How long a hook of it might run, in milliseconds. */
  readonly hookMs: number
  /** Whether a sandbox process ended meanwhile. */
  readonly lostProcess: boolean
}

/** A whole runtime with every attack as a connector of it, in front of one vendor. */
export interface Stage extends AsyncDisposable {
  readonly vendor: AttackVendor
  /** Runs an attack as a tenant of its own, unless another is named. */
  run(attack: Attack, route: Route, how?: Partial<Circumstances>): Promise<Run>
  /** The sandbox processes that are there now. */
  pids(): readonly number[]
  /** A well-behaved call right after; true where all of its effects can be seen. */
  isServing(): Promise<boolean>
}

export type Circumstances = { readonly as: Actor; readonly vendor: Reaction }

export type Actor = { readonly tenant: string; readonly connection: string }

/** Texts that no script, log, error or outcome may ever hold. */
export const canaries = {
  token: 'canary-token-first-9f31a0c7e2',
  refreshToken: 'canary-refresh-4b7d11c9aa',
  environment: 'canary-environment-77e0b1',
  folder: process.cwd(),
} as const

const benign = {
  definition: 'benign',
  script: `var counter = (typeof counter === 'undefined' ? 0 : counter) + 1
function before_action() { method_request_headers['x-benign'] = 'yes' }
function after_action() { console.log('benign'); method_response = { runs: counter, first: method_response.body.items[0].name } }`,
}

export async function openStage(attacks: readonly Attack[], hookMs: number): Promise<Stage> {
  await using parts = new AsyncDisposableStack()
  const folder = mkdtempSync(join(tmpdir(), 'hookline-attacks-'))
  parts.defer(() => rmSync(folder, { recursive: true, force: true }))
  const vendor = parts.use(await startAttackVendor())
  process.env.HOOKLINE_CANARY = canaries.environment
  const pids = new Set<number>()
  const runtime = parts.use(
    createRuntime({
      connectors: [
        connectorOf(benign.definition, benign.script, { vendor, hookMs: 30_000 }),
        ...(['call', 'http_request'] as const).flatMap((route) =>
          attacks.map((attack) => {
            const adapter = prologue(attack, { vendor: vendor.origin, route })
            return connectorOf(nameOf(attack, route), adapter, { vendor, hookMs, attack })
          }),
        ),
      ],
      store: join(folder, 'store.sqlite'),
      keys: keysFromFile(join(folder, 'key'), { onMade: () => {} }),
      allowPrivate: ['127.0.0.0/8'],
      // One process at a time: whoever comes next gets the one that the attack has used.
      sandbox: {
        slots: 1,
        log: ({ kind, pid }) => (kind === 'started' ? pids.add(pid) : pids.delete(pid)),
      },
    }),
  )

  async function connect({ tenant, connection }: Actor, connector: string): Promise<void> {
    const { token: accessToken, refreshToken } = canaries
    const tokens = { accessToken, refreshToken }
    await runtime.connections.import({ tenant, connection, connector, tokens, replace: true })
  }

  await connect({ tenant: 'victim', connection: 'benign' }, benign.definition)
  const whole = parts.move()
  return {
    vendor,
    pids: () => [...pids],
    async run(attack, route, how = {}) {
      const connector = nameOf(attack, route)
      const as = how.as ?? { tenant: `attacker-${attack.id}`, connection: 'hostile' }
      await connect(as, connector)
      vendor.reacts(how.vendor ?? { rejects: attack.hook === 'after_error' ? 'all' : 'none' })
      vendor.take()
      const before = [...pids]
      const look = watchBroker(() => pids)
      const step = {
        source: epilogue(attack, { vendor: vendor.origin, route }),
        file: 'epilogue.js',
      }
      const method = postsIn(attack) ? 'post' : 'get'
      const outcome = await runtime.call({ ...as, connector, method, step })
      const lostProcess = before.some((pid) => !pids.has(pid))
      return { outcome, ...vendor.take(), sighting: look(), hookMs, lostProcess }
    },
    async isServing() {
      vendor.reacts({ rejects: 'none' })
      vendor.take()
      const as = { tenant: 'victim', connection: 'benign' }
      const outcome = await runtime.call({ ...as, connector: benign.definition, method: 'get' })
      const [request] = vendor.take().received
      const isSeen = request?.rawHeaders.includes('x-benign') ?? false
      return isSeen && JSON.stringify(contentOf(outcome)) === '{"runs":1,"first":"a"}'
    },
    [Symbol.asyncDispose]: () => whole.disposeAsync(),
  }
}

function contentOf(outcome: Outcome): unknown {
  return outcome.kind === 'success' ? outcome.content : outcome
}

function nameOf({ id }: Attack, route: Route): string {
  return `${id}-${route}`.toLowerCase().replaceAll('_', '-')
}

/** A verb is the method's, not the script's: an attack that wants to post is given one that posts. */
function postsIn({ source }: Attack): boolean {
  return source.includes("method = 'POST'")
}

type Around = { readonly vendor: AttackVendor; readonly hookMs: number; readonly attack?: Attack }

function connectorOf(
  name: string,
  script: string,
  { vendor, hookMs, attack }: Around,
): ConnectorData {
  const own = attack === undefined ? {} : { script: 'attack.js' }
  return {
    definition: {
      name,
      base_url: `${vendor.origin}/v1`,
      origins: [`${vendor.origin}/v1/`, `${vendor.origin}/oauth/`],
      auth: {
        type: 'oauth2',
        authorization_url: `${vendor.origin}/oauth/authorize`,
        token_url: `${vendor.origin}/oauth/token`,
        client_id: 'client',
      },
      limits: { hook_ms: hookMs },
      script: 'adapter.js',
      methods: {
        get: { path: '/items', ...own },
        post: { verb: 'POST', path: '/items', body_type: 'json', ...own },
      },
    },
    scripts: { 'adapter.js': script, ...(attack ? { 'attack.js': attack.source } : {}) },
  }
}
