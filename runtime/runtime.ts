/**
 * The composition root: opens every part when it is first needed, hands the ports to the calls, and
 * closes in reverse order. Nothing here is global, so two runtimes in one process do not meet.
 */
import { randomUUID } from 'node:crypto'
import { neverBegun, resolved } from './call/begin.ts'
import { executeCall } from './call/execute.ts'
import { resolveCall, resolveWebhook } from './call/resolve.ts'
import { streamCall } from './call/stream.ts'
import { weakenedBy } from './call/weakened.ts'
import { receiveWebhook } from './call/webhook.ts'
import { connectionsOver, type RuntimeConnections } from './connect/connections.ts'
import type { ConnectorSource } from './definition/catalogue.ts'
import type { SendOptions } from './http/send.ts'
import type { CallRequest, Outcome, Page } from './model/call.ts'
import { CallFailure } from './model/failure.ts'
import type { Catalogue } from './model/ports.ts'
import { UsageError } from './model/usage-error.ts'
import type { WebhookOutcome, WebhookRequest } from './model/webhook.ts'
import { Parts } from './parts.ts'
import { type FunctionJob, handleOutcome } from './route/handle.ts'
import { runFlowFunction } from './route/run-function.ts'
import type { SandboxOptions } from './sandbox/host/pool.ts'
import type { VaultOptions } from './store/vault.ts'
import type { CallersJobs } from './worker/open-jobs.ts'

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
  readonly sandbox?: Omit<SandboxOptions, 'prelude' | 'libraries'>
}

export type CallOptions = {
  readonly signal?: AbortSignal
  /** False leaves a failure to a later `route`, where more attempts may follow. True unless said. */
  readonly route?: boolean
}

export interface Runtime extends AsyncDisposable, CallersJobs {
  /**
   * Resolves to the call's outcome, after the error handlers of its `app` had their turn. Rejects
   * for an aborted signal, or a bug; and with `UsageError` (`entityMissing`) where there is no such
   * app, before anything is sent.
   */
  call(request: CallRequest, options?: CallOptions): Promise<Outcome>
  /**
   * The pages of a call's answer, each as it comes, with one of them in memory. Throws the
   * `CallFailure` that the call fails with; nothing is routed. Returns the outcome, whose content is
   * null. Where a script wants the whole (`after_action_paging`, `action_condition`), that comes as
   * one page.
   */
  pages(
    request: CallRequest,
    options?: Pick<CallOptions, 'signal'>,
  ): AsyncGenerator<Page, Outcome, undefined>
  /**
   * Takes a webhook that came in, for a method of type `webhook`. Resolves to what is to become of
   * it: a reply to send, nothing, or content for whoever waits for it. Rejects as `call` does.
   */
  receive(request: WebhookRequest, options?: Pick<CallOptions, 'signal'>): Promise<WebhookOutcome>
  /** Hands a failure to the error handlers of the call's `app`: once, when it is final. */
  route(request: CallRequest, outcome: Outcome, options?: CallOptions): Promise<Outcome>
  /**
   * For whoever serves many calls, before the first: attacks the sandbox as scripts would. Rejects
   * with `UsageError` where one gets through. Resolves to what is weaker here than it could be.
   */
  selfTest(): Promise<readonly string[]>
  readonly connections: RuntimeConnections
  readonly connectors: Catalogue
}

/** Opens nothing yet: a part that cannot be opened rejects the first call that needs it. */
export function createRuntime(options: RuntimeOptions): Runtime {
  const parts = new Parts(options)
  return {
    call: async (request, { signal = never(), route = true } = {}) => {
      await demandApp(parts, request)
      const outcome = await makeCall(parts, request, signal)
      return route ? routeOutcome(parts, { request, outcome }, signal) : outcome
    },
    pages: (request, { signal = never() } = {}) => streamPages(parts, request, signal),
    receive: (request, { signal = never() } = {}) => receive(parts, request, signal),
    route: (request, outcome, { signal = never() } = {}) => {
      return routeOutcome(parts, { request, outcome }, signal)
    },
    ...parts.jobs,
    selfTest: () => selfTest(parts, options),
    connections: connectionsOf(parts),
    connectors: parts.catalogue,
    [Symbol.asyncDispose]: () => parts[Symbol.asyncDispose](),
  }
}

async function selfTest(parts: Parts, options: RuntimeOptions): Promise<readonly string[]> {
  const { allowPrivate, catalogue } = parts
  const { demandEgressHolds } = await import('./http/self-test.ts')
  const { demandSandboxHolds } = await import('./sandbox/host/self-test.ts')
  demandEgressHolds(allowPrivate)
  const sandbox = await parts.openSandbox()
  await demandSandboxHolds(sandbox)
  const revealing: string[] = []
  for (const name of await catalogue.names()) {
    const connector = await catalogue.find(name).catch(() => null)
    if (connector?.revealSecrets) revealing.push(name)
  }
  const jit = options.sandbox?.jit ?? false
  return [...sandbox.level().notes, ...weakenedBy({ jit, allowPrivate, revealing })]
}

async function makeCall(parts: Parts, request: CallRequest, signal: AbortSignal): Promise<Outcome> {
  signal.throwIfAborted()
  const call = await resolved(parts.registry(), (registry) =>
    resolveCall(request, registry, randomUUID),
  )
  if (call instanceof CallFailure) return neverBegun(call)
  return executeCall(call, await parts.portsFor(call), signal)
}

async function* streamPages(
  parts: Parts,
  request: CallRequest,
  signal: AbortSignal,
): AsyncGenerator<Page, Outcome, undefined> {
  signal.throwIfAborted()
  const call = await resolved(parts.registry(), (registry) =>
    resolveCall(request, registry, randomUUID),
  )
  if (call instanceof CallFailure) throw call
  return yield* streamCall(call, await parts.portsFor(call), signal)
}

async function receive(
  parts: Parts,
  request: WebhookRequest,
  signal: AbortSignal,
): Promise<WebhookOutcome> {
  signal.throwIfAborted()
  const call = await resolved(parts.registry(), (registry) =>
    resolveWebhook(request, registry, randomUUID),
  )
  if (call instanceof CallFailure) return neverBegun(call)
  return receiveWebhook(call, request.request, { ports: await parts.portsFor(call), signal })
}

/** A misspelt app must not cost the handler that was meant. */
async function demandApp(parts: Parts, { app }: CallRequest): Promise<void> {
  if (app === undefined || (await parts.apps())?.read(app)) return
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
  const apps = request.app === undefined ? null : await parts.apps()
  if (apps === null) return outcome
  const ports = {
    runCall: (flow: CallRequest, until: AbortSignal) => makeCall(parts, flow, until),
    runFunction: (job: FunctionJob, until: AbortSignal) =>
      runFlowFunction(parts.sandbox, job, until),
  }
  return handleOutcome({ request, outcome, apps, ports }, signal)
}

function never(): AbortSignal {
  return new AbortController().signal
}

function connectionsOf(parts: Parts): RuntimeConnections {
  return connectionsOver({
    catalogue: parts.catalogue,
    vault: () => parts.vault(),
    send: parts.send,
    allowPrivate: parts.allowPrivate,
    wait: parts.wait,
    call: (request, signal) => makeCall(parts, request, signal),
    portsFor: (call) => parts.portsFor(call),
  })
}
