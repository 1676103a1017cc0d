/** The life of connections, from their login to their end, as the runtime offers it. */
import { randomUUID } from 'node:crypto'
import { openLoginHooks } from '../call/oauth/login-hooks.ts'
import { resolveCall } from '../call/resolve.ts'
import type { Call, CallRequest, Outcome } from '../model/call.ts'
import type { Connection, ConnectionState } from '../model/connection.ts'
import type { Catalogue, Connections, Ports, Send, Vault } from '../model/ports.ts'
import { UsageError } from '../model/usage-error.ts'
import {
  ConnectionLogin,
  type ConnectionLoginOptions,
  type ConnectionLoginPorts,
} from './connection-login.ts'
import { demandConnector } from './demand-connector.ts'
import { type DeviceInvitation, logInByDevice } from './device-login.ts'
import { type Disconnection, disconnect } from './disconnect.ts'
import type { FinishedLogin, LoginTarget } from './login.ts'
import { type LoopbackLogin, type LoopbackOptions, listenForLogin } from './loopback.ts'
import { type ConnectionInput, type ConnectionRef, keyOf, newConnection } from './new-connection.ts'
import { type Verification, verifyConnection } from './verify.ts'
import { type Identity, identityFrom } from './whoami.ts'

type Until = { readonly signal?: AbortSignal }

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
  verify(ref: ConnectionRef, options?: Until): Promise<Verification>
  /** Listens on the loopback address for a login in a browser of this machine. */
  listenForLogin(target: LoginTarget, options: LoopbackOptions & Until): Promise<LoopbackLogin>
  /** Waits for a login on another device; `invite` is told what a person must know for it. */
  logInByDevice(
    target: LoginTarget,
    invite: (invitation: DeviceInvitation) => void,
    options?: Until,
  ): Promise<FinishedLogin>
  /** The login for a server of one's own, as four actions over `Request` and `Response`. */
  mountLogin(options: ConnectionLoginOptions): ConnectionLogin
  /** Makes the test call. Rejects with `UsageError` (sessionMissing). */
  whoami(ref: ConnectionRef, options?: Until): Promise<Identity>
  /** Revokes the tokens where the vendor can, and removes every secret either way. */
  disconnect(ref: ConnectionRef, options?: Until): Promise<Disconnection>
}

export type ConnectionsPorts = {
  readonly catalogue: Catalogue
  /** Opened when it is first needed. */
  readonly vault: () => Promise<Vault & Connections>
  readonly send: Send
  readonly allowPrivate: readonly string[]
  readonly wait: Ports['wait']
  readonly call: (request: CallRequest, signal: AbortSignal) => Promise<Outcome>
  readonly portsFor: (call: Call) => Promise<Ports>
}

export function connectionsOver(ports: ConnectionsPorts): RuntimeConnections {
  const { catalogue, vault } = ports
  const create = async (input: ConnectionInput): Promise<Connection> => {
    const connector = await demandConnector(input.connector, catalogue)
    const replace = input.replace ?? false
    return (await vault()).create(newConnection(input, connector), { replace })
  }
  const mark = async (ref: ConnectionRef, state: ConnectionState, reason: string | null) => {
    await existing(ports, ref)
    await (await vault()).mark(keyOf(ref), { state, reason })
  }
  const login = loginPorts(ports)
  return {
    create,
    import: create,
    get: async (ref) => (await vault()).get(keyOf(ref)),
    list: async (tenant) => (await vault()).list(keyOf({ tenant, connection: 'all' }).tenant),
    disable: (ref, reason) => mark(ref, 'sessionInactive', reason ?? null),
    enable: (ref) => mark(ref, 'active', null),
    remove: async (ref) => (await vault()).remove(keyOf(ref)),
    verify: (ref, { signal = never() } = {}) => login.verify(ref, signal),
    listenForLogin: (target, { signal = never(), ...options }) =>
      listenForLogin(target, options, { ports: login, signal }),
    logInByDevice: (target, invite, { signal = never() } = {}) =>
      logInByDevice(target, invite, { ports: login, signal }),
    mountLogin: (options) => new ConnectionLogin(login, options),
    whoami: (ref, { signal = never() } = {}) => login.whoami(ref, signal),
    disconnect: (ref, { signal = never() } = {}) => login.disconnect(ref, signal),
  }
}

function loginPorts(ports: ConnectionsPorts): ConnectionLoginPorts {
  const { catalogue, vault, send, allowPrivate, wait } = ports
  const login: ConnectionLoginPorts = {
    ...{ catalogue, send, allowPrivate, wait, now: Date.now },
    vault: {
      current: async (key) => (await vault()).current(key),
      create: async (connection, options) => (await vault()).create(connection, options),
      get: async (key) => (await vault()).get(key),
      list: async (tenant) => (await vault()).list(tenant),
      remove: async (key) => (await vault()).remove(key),
    },
    openHooks: (hooked, signal) => openLoginHooks(hooked, ports.portsFor, signal),
    verify: (ref, signal) => verify(ports, ref, signal),
    whoami: (ref, signal) => whoami(ports, ref, signal),
    disconnect: (ref, signal) => disconnect(keyOf(ref), login, signal),
  }
  return login
}

async function verify(
  ports: ConnectionsPorts,
  ref: ConnectionRef,
  signal: AbortSignal,
): Promise<Verification> {
  const connection = await existing(ports, ref)
  const connector = await demandConnector(connection.connector, ports.catalogue)
  const [anyMethod = ''] = connector.methods.keys()
  const method = connector.testCall ?? connector.postInstall?.method ?? anyMethod
  const { tenant } = ref
  const request = { tenant, connection: ref.connection, connector: connector.name, method }
  const registry = { catalogue: ports.catalogue, connections: await ports.vault() }
  const call = await resolveCall(request, registry, randomUUID)
  return verifyConnection(call, await ports.portsFor(call), signal)
}

async function whoami(
  ports: ConnectionsPorts,
  ref: ConnectionRef,
  signal: AbortSignal,
): Promise<Identity> {
  const connection = await existing(ports, ref)
  const { name, testCall } = await demandConnector(connection.connector, ports.catalogue)
  if (testCall === null) return identityFrom(connection, null)
  const { tenant } = ref
  const request = { tenant, connection: ref.connection, connector: name, method: testCall }
  const outcome = await ports.call(request, signal)
  return identityFrom(await existing(ports, ref), outcome)
}

async function existing({ vault }: ConnectionsPorts, ref: ConnectionRef): Promise<Connection> {
  const connection = await (await vault()).get(keyOf(ref))
  if (connection) return connection
  throw new UsageError('sessionMissing', `There is no connection \`${ref.connection}\``)
}

function never(): AbortSignal {
  return new AbortController().signal
}
