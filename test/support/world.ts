/**
 * The ports of a call, played by fakes, so that a test of the middle says in one place what the
 * vendor answers, what the scripts do and what the vault holds. The real ports have their own tests.
 */
import { executeCall } from '../../runtime/call/execute.ts'
import { createPace } from '../../runtime/call/pace.ts'
import { resolveCall } from '../../runtime/call/resolve.ts'
import { parseConnector } from '../../runtime/definition/parse.ts'
import type { CallRequest, Outcome, Reply, WireRequest } from '../../runtime/model/call.ts'
import type {
  AuthValue,
  Connection,
  ConnectionState,
  Credential,
  Renewed,
} from '../../runtime/model/connection.ts'
import { CallFailure } from '../../runtime/model/failure.ts'
import { asConnectorName } from '../../runtime/model/ids.ts'
import type { Json } from '../../runtime/model/json.ts'
import type {
  Connections,
  HookEvent,
  HookJob,
  HookResult,
  Ports,
  Renewal,
  ScriptStorage,
} from '../../runtime/model/ports.ts'
import { Secret } from '../../runtime/model/secret.ts'

export type Answer = {
  readonly status?: number
  readonly reason?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly json?: Json
  readonly text?: string
}

/** A handler in the test's own realm: reads and writes the globals, returns or throws. */
export type FakeHook = (globals: Record<string, Json>) => unknown

export type WorldOptions = {
  readonly definition: string
  readonly hooks?: Partial<Record<HookEvent, FakeHook>>
  /** Answers the nth request, counted from 1; may throw a `CallFailure`. */
  readonly vendor: (
    request: WireRequest,
    nth: number,
    signal: AbortSignal,
  ) => Answer | Promise<Answer>
  readonly auth?: AuthValue
  readonly properties?: Readonly<Record<string, string>>
  readonly state?: ConnectionState
}

/** No fake script keeps anything. */
const noStorage: ScriptStorage = {
  list: async () => [],
  get: async () => null,
  set: async () => {},
  append: async (_scope, _key, value) => value,
  increment: async (_scope, _key, amount) => amount,
  delete: async () => false,
  deleteAll: async () => {},
}

export class AuthRefreshException extends Error {
  override readonly name = 'AuthRefreshException'
}
export class AuthSessionException extends Error {
  override readonly name = 'AuthSessionException'
}

export function tokens(accessToken: string | null, refreshToken: string | null = 'refresh-1') {
  return {
    kind: 'oauth2',
    accessToken: accessToken === null ? null : new Secret(accessToken),
    refreshToken: refreshToken === null ? null : new Secret(refreshToken),
    expiresAt: null,
    issuedAt: null,
    scope: null,
  } as const
}

export class World {
  readonly requests: WireRequest[] = []
  readonly jobs: HookJob[] = []
  readonly marks: { state: ConnectionState; reason: string | null }[] = []
  readonly waits: number[] = []
  readonly background: Promise<void>[] = []
  readonly runDates = new Map<string, Date>()
  renewals = 0
  credential: Credential
  readonly #options: WorldOptions
  #tokens = 0

  constructor(options: WorldOptions) {
    this.#options = options
    const { auth = { kind: 'none' }, properties = {} } = options
    this.credential = {
      generation: 1,
      refreshed: 0,
      lookedUp: 0,
      auth,
      properties: Object.fromEntries(
        Object.entries(properties).map(([name, value]) => [name, new Secret(value)]),
      ),
      session: {},
    }
  }

  async call(request: Partial<CallRequest> = {}, signal?: AbortSignal): Promise<Outcome> {
    const whole = { tenant: 't', connector: 'acme', method: 'get', connection: 'c', ...request }
    const call = await resolveCall(whole, this.registry(), () => 'call-1')
    return executeCall(call, this.ports(), signal ?? new AbortController().signal)
  }

  registry() {
    const { connector } = parseConnector({
      text: this.#options.definition,
      file: 'connector.yaml',
      folderName: 'acme',
      readScript: () => Object.keys(this.#options.hooks ?? {}).join('\n'),
    })
    const catalogue = {
      find: async (name: string) => (name === 'acme' ? connector : null),
      names: async () => ['acme'],
    }
    return { catalogue, connections: this.#connections() }
  }

  ports(): Ports {
    return {
      send: async (request, _policy, signal) => {
        this.requests.push(request)
        const answer = await this.#options.vendor(request, this.requests.length, signal)
        return replyOf(answer, request.url)
      },
      sandbox: { run: async (job) => this.#runHook(job) },
      vault: {
        current: async () => this.credential,
        replace: async (_key, stale, renewal, signal) => {
          const counter = renewal.by === 'refresh' ? 'refreshed' : 'lookedUp'
          if (this.credential[counter] > stale[counter]) {
            return { credential: this.credential, adopted: true }
          }
          this.renewals += 1
          const renewed = await this.#renew(renewal, signal)
          const { by: _, ...part } = renewed
          this.credential = {
            ...this.credential,
            ...part,
            generation: this.credential.generation + 1,
            [counter]: this.credential[counter] + 1,
          }
          return { credential: this.credential, adopted: false }
        },
        mark: async (_key, standing, seen) => {
          if (seen && seen.generation !== this.credential.generation) return
          this.marks.push(standing)
        },
      },
      storage: noStorage,
      runDates: {
        get: async ({ method }) => this.runDates.get(method) ?? null,
        set: async ({ method }, at) => {
          this.runDates.set(method, at)
        },
      },
      pace: createPace(() => performance.now()),
      now: () => performance.now(),
      wait: async (ms) => {
        this.waits.push(ms)
      },
      inBackground: (work) => {
        this.background.push(work())
      },
      randomToken: () => (++this.#tokens).toString(16).padStart(32, '0'),
      allowPrivate: [],
    }
  }

  /** As the vault does: only a dead credential marks the connection. */
  async #renew(renewal: Renewal, signal: AbortSignal): Promise<Renewed> {
    try {
      const answer = await renewal.send(this.credential, signal)
      return await renewal.read(answer, this.credential)
    } catch (error) {
      if (error instanceof CallFailure && error.type === 'InvalidCredential') {
        this.marks.push({ state: 'sessionInvalid', reason: error.message })
      }
      throw error
    }
  }

  #runHook(job: HookJob): HookResult {
    this.jobs.push(job)
    const hook = this.#options.hooks?.[job.event]
    const common = { globals: {}, log: [], warnings: [] }
    if (!hook) return { ...common, kind: 'absent' }
    const globals = Object.fromEntries(
      Object.entries(job.globals).map(([name, { json }]) => [name, parsed(json)]),
    )
    const level = job.scripts[0]?.level ?? 'connector'
    try {
      const value = hook(globals)
      const falseAt = value === false ? level : null
      const changed = changes(job, globals)
      return { ...common, globals: changed, kind: 'returned', value: value !== false, falseAt }
    } catch (error) {
      const { name, message } = error instanceof Error ? error : new Error(String(error))
      const signals = { AuthRefreshException: 'refresh', AuthSessionException: 'session' } as const
      const signal = signals[name as keyof typeof signals] ?? null
      const changed = changes(job, globals)
      return {
        ...common,
        globals: changed,
        kind: 'threw',
        level,
        signal,
        name,
        message,
        positions: [],
      }
    }
  }

  #connections(): Connections {
    const never = async () => {
      throw new TypeError('not played here')
    }
    return {
      create: never,
      list: never,
      remove: never,
      get: async (key): Promise<Connection> => ({
        ...key,
        connector: asConnectorName('acme'),
        state: this.#options.state ?? 'active',
        reason: null,
        createdAt: new Date(0),
        updatedAt: new Date(0),
        renewal: { count: 0, lastAt: null, failures: 0, lastFailure: null, coolingUntil: null },
      }),
    }
  }
}

function parsed(json: string): Json {
  try {
    return JSON.parse(json) as Json
  } catch {
    return json
  }
}

function changes(job: HookJob, globals: Record<string, Json>): Record<string, string> {
  const changed: Record<string, string> = {}
  for (const [name, { json, writable }] of Object.entries(job.globals)) {
    const text = JSON.stringify(globals[name] ?? null)
    if (writable && text !== JSON.stringify(parsed(json))) changed[name] = text
  }
  return changed
}

function replyOf(answer: Answer, url: string): Reply {
  const text = answer.text ?? (answer.json === undefined ? '' : JSON.stringify(answer.json))
  const type = answer.json === undefined ? 'text/plain' : 'application/json'
  return {
    status: answer.status ?? 200,
    reason: answer.reason ?? '',
    headers: { 'content-type': type, ...answer.headers },
    body: Buffer.from(text),
    url,
  }
}
