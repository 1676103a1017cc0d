/** What an embedder may rely on. Half of it is checked by the compiler: `npm run check:types`. */
import { execFileSync } from 'node:child_process'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import type {
  CallFailure,
  CallId,
  CallRequest,
  ConnectionId,
  ConnectionLogin,
  ConnectorName,
  ErrorBody,
  Job,
  MethodName,
  Outcome,
  Page,
  RunningServer,
  Runtime,
  ServerEvent,
  Step,
  Tenant,
  WebhookOutcome,
  Worker,
  WorkerEvent,
} from '../../runtime/index.ts'
import * as surface from '../../runtime/index.ts'

test('the library exports what is listed here, and nothing else', () => {
  expect(Object.keys(surface).toSorted()).toEqual([
    'CallFailure',
    'CentralAuthClass',
    'LoginError',
    'Secret',
    'UsageError',
    'centralAuthGuard',
    'createRuntime',
    'createWorker',
    'failurePage',
    'failureResponse',
    'failureTypes',
    'keysFromEnvironment',
    'keysFromFile',
    'memoryAttempts',
    'openAppStore',
    'openJobs',
    'openJobsDatabase',
    'sealedAttempts',
    'startServer',
    'tokensFromFile',
    'webhookKey',
    'webhookPath',
  ])
})

const recorder = `
  import { registerHooks } from 'node:module'
  const seen = []
  registerHooks({ load: (url, context, next) => { seen.push(url); return next(url, context) } })
  const { createRuntime } = await import(process.argv[1])
  await using runtime = createRuntime({ connectors: [], store: 'never-opened', keys: {} })
  console.log(JSON.stringify(seen))`

/** The packages and built-in modules that a process has loaded once it has made a runtime. */
function loadedByImport(): ReadonlySet<string> {
  const index = pathToFileURL(resolve('runtime/index.ts')).href
  const words = ['--input-type=module', '--eval', recorder, index]
  const text = execFileSync(process.execPath, words, { encoding: 'utf8' })
  const urls = JSON.parse(text) as readonly string[]
  expect(urls).toContain(index)
  return new Set(urls.map((url) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? url))
}

test('the import of the library, and a runtime that makes no call, load nothing heavy', () => {
  const loaded = loadedByImport()
  const heavy = ['zod', 'yaml', 'esbuild', 'undici', 'pg', 'isolated-vm', 'acorn', 'node:sqlite']
  expect(heavy.filter((name) => loaded.has(name))).toEqual([])
})

test('an outcome can be handled kind for kind, and none be forgotten', () => {
  const trail = { startedAt: new Date(0), ms: 0, attempts: [] }
  const outcome: Outcome = { kind: 'stopped', message: 'm', call: '' as CallId, trail }
  expect([handled(outcome), forgetful(outcome)]).toEqual(['m', 'm'])
})

function handled(outcome: Outcome): string | number {
  switch (outcome.kind) {
    case 'success':
      return outcome.status
    case 'warning':
    case 'stopped':
      return outcome.message
    case 'failure':
      return outcome.failure.message
  }
}

function forgetful(outcome: Outcome): unknown {
  if (outcome.kind === 'success' || outcome.kind === 'warning') return null
  if (outcome.kind === 'stopped') return outcome.message
  // @ts-expect-error a failure is left
  const nothing: never = outcome
  return nothing
}

type Equal<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false
type IsAny<T> = 0 extends 1 & T ? true : false

/** What stands for itself; the platform's own types have `any` in places. */
type Platform =
  | (string | number | boolean | bigint | symbol | null | undefined)
  | (Date | URL | Request | Response | AbortSignal | Uint8Array | typeof globalThis.fetch)

/** Where in a type there is an `any`, some levels deep, as a path; never where there is none. */
type AnyIn<T, Path extends string = '', Depth extends readonly 1[] = []> =
  IsAny<T> extends true
    ? Path
    : Depth['length'] extends 7
      ? never
      : T extends Platform
        ? never
        : T extends PromiseLike<infer Value>
          ? AnyIn<Value, Path, [1, ...Depth]>
          : T extends AsyncGenerator<infer Item, infer Result, undefined>
            ? AnyIn<Item | Result, Path, [1, ...Depth]>
            : T extends
                  | readonly (infer Item)[]
                  | ReadonlySet<infer Item>
                  | ReadonlyMap<string, infer Item>
              ? AnyIn<Item, `${Path}[]`, [1, ...Depth]>
              : AnyInObject<T, Path, [1, ...Depth]>

/** The static members of a class are left out: those of `Error` are Node's. */
type AnyInObject<T, Path extends string, Depth extends readonly 1[]> = T extends (
  ...parameters: infer Parameters
) => infer Result
  ? AnyIn<Parameters[number], `${Path}(…)`, Depth> | AnyIn<Result, `${Path}()`, Depth>
  : T extends new (
        ...parameters: infer Parameters
      ) => infer Made
    ? AnyIn<Parameters[number], `${Path}(…)`, Depth> | AnyIn<Made, `new ${Path}`, Depth>
    : {
        [Key in keyof T]-?: AnyIn<T[Key], `${Path}.${Key extends string ? Key : '[symbol]'}`, Depth>
      }[keyof T]

/** What the compiler must find true; a line that is not does not compile. */
type Held = readonly [
  Equal<Outcome['kind'], 'success' | 'warning' | 'stopped' | 'failure'>,
  Equal<WebhookOutcome['kind'], 'reply' | 'ignored' | 'accepted' | 'failure'>,
  Equal<Extract<Outcome, { kind: 'failure' }>['failure'], CallFailure>,
  Equal<Outcome['call'], CallId>,
  Runtime extends AsyncDisposable ? true : false,
  ReturnType<typeof surface.createRuntime> extends AsyncDisposable ? true : false,
  Equal<ReturnType<typeof surface.createRuntime>, Runtime>,
  Worker extends AsyncDisposable ? true : false,
  RunningServer extends AsyncDisposable ? true : false,
  Equal<ReturnType<Runtime['call']>, Promise<Outcome>>,
  Equal<ReturnType<Runtime['pages']>, AsyncGenerator<Page, Outcome, undefined>>,
  Equal<ReturnType<Runtime['connections']['mountLogin']>, ConnectionLogin>,
  // No `any`, from every value that is exported, and in the unions that programs switch over.
  Equal<AnyIn<typeof surface>, never>,
  Equal<AnyIn<Runtime | Outcome | Step | Job | WorkerEvent | ServerEvent | ErrorBody>, never>,
  // And it would be found.
  Equal<AnyIn<{ a: () => Promise<readonly { b: Planted }[]> }>, '.a()[].b'>,
  Equal<AnyIn<(a: { b?: Planted }) => void>, '(…).b'>,
  Equal<AnyIn<new (a: Planted) => object>, '(…)'>,
  Equal<AnyIn<AsyncGenerator<{ a: Planted }, string, undefined>>, '.a'>,
]
type Planted = ReturnType<typeof JSON.parse>

type AllTrue<T extends readonly true[]> = T['length']

test('the types hold what they promise', () => {
  const count: AllTrue<Held> = 18
  expect(count).toBe(18)
})

/** Never run: what the compiler must refuse. */
function refused(runtime: Runtime, ids: Ids): void {
  // @ts-expect-error a text is no tenant
  const tenant: Tenant = 'acme'
  // @ts-expect-error a tenant is no connection
  const connection: ConnectionId = ids.tenant
  // @ts-expect-error a connector is no method
  const method: MethodName = ids.connector
  // @ts-expect-error a method is no call
  const call: CallId = ids.method
  // @ts-expect-error a connection is no connector
  const connector: ConnectorName = ids.connection
  // @ts-expect-error whose call it is must be said
  const request: CallRequest = { connector: 'crm', method: 'get' }
  // @ts-expect-error and not by nothing
  const nobody: CallRequest = { connector: 'crm', method: 'get', tenant: undefined }
  // @ts-expect-error nor whose webhook
  void runtime.receive({ connector: 'crm', method: 'get', request: ids.received })
  // @ts-expect-error nor whose connections
  void runtime.connections.list()
  // @ts-expect-error a runtime is disposed of asynchronously
  using _runtime = runtime
  // @ts-expect-error what a call came to is not to be changed
  ids.outcome.kind = 'success'
  void [tenant, connection, method, call, connector, request, nobody]
}

type Ids = {
  readonly tenant: Tenant
  readonly connection: ConnectionId
  readonly connector: ConnectorName
  readonly method: MethodName
  readonly received: surface.ReceivedRequest
  readonly outcome: Outcome
}

/** Never run: what the compiler must allow. */
async function allowed(ids: Ids): Promise<void> {
  const keys = surface.keysFromFile('key')
  const store = 'postgres://localhost/hookline'
  await using runtime = surface.createRuntime({ connectors: 'connectors', store, keys })
  await using database = await surface.openJobsDatabase(store)
  await using jobs = await surface.openJobs(database)
  await using worker = await surface.createWorker({ runtime, database })
  const secret = new surface.Secret('s')
  await using server = await surface.startServer({
    calls: runtime,
    apps: await surface.openAppStore('apps'),
    guard: await surface.tokensFromFile('tokens.yaml'),
    jobs,
    webhooks: { secret, calls: runtime, accept: async ({ content }) => void content },
  })
  const id = await runtime.enqueue({ tenant: ids.tenant, connector: 'crm', method: 'get' })
  void [worker.id, server.origin, handled(await runtime.result({ tenant: ids.tenant, id }))]
  handled(await runtime.result(id))
}

test('what is only compiled is there to be compiled', () => {
  expect([refused.length, allowed.length]).toEqual([2, 1])
})
