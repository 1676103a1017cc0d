/**
 * The composition root: opens every part when it is first needed, hands the ports to the calls, and
 * closes in reverse order. Nothing here is global, so two runtimes in one process do not meet.
 */
import { randomBytes, randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { BundleCache } from './bundle/bundle.ts'
import { bundleConnector } from './bundle/connector.ts'
import { bundlePrelude } from './bundle/prelude.ts'
import { executeCall } from './call/execute.ts'
import { findConnector, resolveCall } from './call/resolve.ts'
import {
  type ConnectionInput,
  type ConnectionRef,
  keyOf,
  newConnection,
} from './connect/new-connection.ts'
import { type Verification, verifyConnection } from './connect/verify.ts'
import { type ConnectorSource, openCatalogue } from './definition/catalogue.ts'
import { createSend, type SendOptions } from './http/send.ts'
import type { Call, CallRequest, Outcome } from './model/call.ts'
import type { Connection } from './model/connection.ts'
import type { Connector } from './model/connector.ts'
import { CallFailure } from './model/failure.ts'
import { asCallId } from './model/ids.ts'
import type { Catalogue, Connections, Ports, Sandbox, Send, Vault } from './model/ports.ts'
import { UsageError } from './model/usage-error.ts'
import { type AppFolder, openAppFolder } from './route/app-folder.ts'
import { type FunctionJob, handleOutcome } from './route/handle.ts'
import { runFlowFunction } from './route/run-function.ts'
import { openSandbox, type SandboxOptions } from './sandbox/host/pool.ts'
import { openVault, type VaultOptions } from './store/vault.ts'

export type RuntimeOptions = {
  /** A folder that holds a folder for each connector; or connectors as data; or a list of both. */
  readonly connectors: string | ConnectorSource | readonly (string | ConnectorSource)[]
  /** A file of the embedded store, or `postgres://…`. It is made where it is not there. */
  readonly store: string
  /** Where the operator's key is, which wraps the key of each connection. */
  readonly keys: VaultOptions['keys']
  /** Networks (CIDR) that connectors may reach although they are not public. None unless said. */
  readonly allowPrivate?: readonly string[]
  /** A folder with a file for each app, whose error handlers take what finally failed. */
  readonly apps?: string
  readonly http?: SendOptions
  readonly sandbox?: Omit<SandboxOptions, 'prelude'>
}

export type CallOptions = {
  readonly signal?: AbortSignal
  /** False leaves a failure to a later `route`, where more attempts may follow. True unless said. */
  readonly route?: boolean
}

export interface Runtime extends AsyncDisposable {
  /**
   * Resolves to the call's outcome, after the error handlers of its `app` had their turn. Rejects
   * for an aborted signal, or a bug; and with `UsageError` (`entityMissing`) where there is no such
   * app, before anything is sent.
   */
  call(request: CallRequest, options?: CallOptions): Promise<Outcome>
  /** Hands a failure to the error handlers of the call's `app`: once, when it is final. */
  route(request: CallRequest, outcome: Outcome, options?: CallOptions): Promise<Outcome>
  readonly connections: RuntimeConnections
  readonly connectors: Catalogue
}

/** The life of connections; each belongs to a tenant, and no tenant sees another's. */
export interface RuntimeConnections {
  /** Rejects with `UsageError`: `entityInvalid` (name taken, unknown property), `missingFields`. */
  create(input: ConnectionInput): Promise<Connection>
  /** As `create`, from tokens that were obtained elsewhere. */
  import(input: ConnectionInput): Promise<Connection>
  get(ref: ConnectionRef): Promise<Connection | null>
  list(tenant: string): Promise<readonly Connection[]>
  /** Its calls fail from now on, until it is enabled. Its credential stays. */
  disable(ref: ConnectionRef, reason?: string): Promise<void>
  enable(ref: ConnectionRef): Promise<void>
  /** Its secrets are gone with it. Resolves to false where there was none. */
  remove(ref: ConnectionRef): Promise<boolean>
  /** Machine grant, lookup, test call: makes a new connection ready, and says whether it works. */
  verify(ref: ConnectionRef, options?: CallOptions): Promise<Verification>
}

/** Opens nothing yet: a part that cannot be opened rejects the first call that needs it. */
export function createRuntime(options: RuntimeOptions): Runtime {
  const parts = new Parts(options)
  return {
    call: async (request, { signal = never(), route = true } = {}) => {
      demandApp(parts, request)
      const outcome = await makeCall(parts, request, signal)
      return route ? routeOutcome(parts, { request, outcome }, signal) : outcome
    },
    route: (request, outcome, { signal = never() } = {}) => {
      return routeOutcome(parts, { request, outcome }, signal)
    },
    connections: connectionsOf(parts),
    connectors: parts.catalogue,
    [Symbol.asyncDispose]: () => parts[Symbol.asyncDispose](),
  }
}

async function makeCall(parts: Parts, request: CallRequest, signal: AbortSignal): Promise<Outcome> {
  signal.throwIfAborted()
  let call: Call
  try {
    call = await resolveCall(request, await parts.registry(), randomUUID)
  } catch (error) {
    if (!(error instanceof CallFailure)) throw error
    return neverBegun(error)
  }
  return executeCall(call, await parts.portsFor(call), signal)
}

/** A misspelt app must not cost the handler that was meant. */
function demandApp(parts: Parts, { app }: CallRequest): void {
  if (app === undefined || parts.apps()?.read(app)) return
  throw new UsageError('entityMissing', `There is no app \`${app}\``, {
    cure: 'Name a file `<app>.yaml` of the folder of apps',
  })
}

/** The Flow of a handler is run by a call of its own, which is not routed. */
async function routeOutcome(
  parts: Parts,
  { request, outcome }: { readonly request: CallRequest; readonly outcome: Outcome },
  signal: AbortSignal,
): Promise<Outcome> {
  const apps = request.app === undefined ? null : parts.apps()
  if (apps === null) return outcome
  const ports = {
    runCall: (flow: CallRequest, until: AbortSignal) => makeCall(parts, flow, until),
    runFunction: (job: FunctionJob, until: AbortSignal) =>
      runFlowFunction(parts.sandbox, job, until),
  }
  return handleOutcome({ request, outcome, apps, ports }, signal)
}

/** A call that names what is not there has an outcome too, so that a worker need not guess. */
function neverBegun(failure: CallFailure): Outcome {
  const trail = { startedAt: new Date(), ms: 0, attempts: [] }
  return { kind: 'failure', failure, call: asCallId(randomUUID()), trail }
}

function never(): AbortSignal {
  return new AbortController().signal
}

function connectionsOf(parts: Parts): RuntimeConnections {
  const create = async (input: ConnectionInput): Promise<Connection> => {
    const connector = await connectorOf(parts, input.connector)
    const vault = await parts.vault()
    return vault.create(newConnection(input, connector), { replace: input.replace ?? false })
  }
  const mark = async (ref: ConnectionRef, state: Connection['state'], reason: string | null) => {
    await existing(parts, ref)
    await (await parts.vault()).mark(keyOf(ref), state, reason)
  }
  return {
    create,
    import: create,
    get: async (ref) => (await parts.vault()).get(keyOf(ref)),
    list: async (tenant) => (await parts.vault()).list(keyOf({ tenant, connection: 'all' }).tenant),
    disable: (ref, reason) => mark(ref, 'sessionInactive', reason ?? null),
    enable: (ref) => mark(ref, 'active', null),
    remove: async (ref) => (await parts.vault()).remove(keyOf(ref)),
    verify: (ref, { signal = never() } = {}) => verify(parts, ref, signal),
  }
}

/** A definition at fault is, here, a wrong use: nobody's call has failed. */
async function connectorOf(parts: Parts, name: string): Promise<Connector> {
  try {
    return await findConnector(name, parts.catalogue)
  } catch (error) {
    if (!(error instanceof CallFailure) || error.reason !== 'unknown-connector') throw error
    throw new UsageError('connectionMissing', error.message, { cause: error })
  }
}

async function existing(parts: Parts, ref: ConnectionRef): Promise<Connection> {
  const connection = await (await parts.vault()).get(keyOf(ref))
  if (connection) return connection
  throw new UsageError('sessionMissing', `There is no connection \`${ref.connection}\``)
}

async function verify(
  parts: Parts,
  ref: ConnectionRef,
  signal: AbortSignal,
): Promise<Verification> {
  const connection = await existing(parts, ref)
  const connector = await connectorOf(parts, connection.connector)
  const [anyMethod = ''] = connector.methods.keys()
  const method = connector.testCall ?? connector.postInstall?.method ?? anyMethod
  const request = {
    tenant: ref.tenant,
    connection: ref.connection,
    connector: connector.name,
    method,
  }
  const call = await resolveCall(request, await parts.registry(), randomUUID)
  return verifyConnection(call, await parts.portsFor(call), signal)
}

/** What is opened once and closed once. */
class Parts implements AsyncDisposable {
  readonly #options: RuntimeOptions
  readonly #opened = new AsyncDisposableStack()
  readonly #send: Send
  #vault: Promise<VaultParts> | null = null
  #sandbox: Promise<Sandbox> | null = null
  #apps: AppFolder | null = null
  readonly catalogue: Catalogue
  readonly sandbox: Pick<Sandbox, 'run'> = {
    run: async (job, signal) => (await this.#openSandbox()).run(job, signal),
  }

  constructor(options: RuntimeOptions) {
    this.#options = options
    const bundles: BundleCache = new Map()
    this.catalogue = openCatalogue(options.connectors, (loaded) => bundleConnector(loaded, bundles))
    this.#send = this.#opened.use(createSend(options.http)).send
  }

  vault(): Promise<VaultParts> {
    const { store, keys } = this.#options
    this.#vault ??= openVault({ store, keys }).then((vault) => this.#opened.use(vault))
    return this.#vault
  }

  apps(): AppFolder | null {
    const { apps } = this.#options
    if (apps === undefined) return null
    this.#apps ??= openAppFolder(apps)
    return this.#apps
  }

  async registry() {
    return { catalogue: this.catalogue, connections: await this.vault() }
  }

  async portsFor(call: Call): Promise<Ports> {
    const stored = call.connector.auth.type !== 'none' || call.connection.id !== 'none'
    return {
      send: this.#send,
      sandbox: this.sandbox,
      vault: stored ? await this.vault() : anonymousVault,
      now: () => performance.now(),
      wait: async (ms, signal) => {
        await delay(ms, undefined, { signal }).catch(() => signal.throwIfAborted())
      },
      randomToken: () => randomBytes(16).toString('hex'),
      allowPrivate: this.#options.allowPrivate ?? [],
    }
  }

  /** Scripts are rare enough, and processes dear enough, that the first hook starts the first. */
  #openSandbox(): Promise<Sandbox> {
    this.#sandbox ??= bundlePrelude()
      .then((prelude) => openSandbox({ ...this.#options.sandbox, prelude }))
      .then((sandbox) => this.#opened.use(sandbox))
    return this.#sandbox
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled([this.#vault, this.#sandbox])
    await this.#opened.disposeAsync()
  }
}

type VaultParts = Vault & Connections & AsyncDisposable

/** Without authentication there is no credential, and nothing to renew or to mark. */
const anonymousVault: Vault = {
  current: async () => ({
    generation: 0,
    refreshed: 0,
    lookedUp: 0,
    auth: { kind: 'none' },
    properties: {},
    session: {},
  }),
  replace: async () => {
    throw new CallFailure('AuthSessionFailed', 'A call without a connection has nothing to renew', {
      reason: 'no-renewal',
    })
  },
  mark: async () => {},
}
