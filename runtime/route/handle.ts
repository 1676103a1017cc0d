/**
 * What becomes of a failure: its app's handler is found, and the handler's Flow runs, once. A
 * failure of that Flow is told in the trail and goes nowhere else, so that nothing can go round in
 * circles.
 */
import type { Attempt, CallRequest, Handled, Outcome, Step } from '../model/call.ts'
import type { Script } from '../model/connector.ts'
import { CallFailure } from '../model/failure.ts'
import type { Json, JsonObject } from '../model/json.ts'
import { UsageError } from '../model/usage-error.ts'
import type { AppFolder } from './app-folder.ts'
import { faultMessages } from './faults.ts'
import { fillInputs, pickOutputs } from './flow-data.ts'
import { route } from './match.ts'
import { routedError } from './routed-error.ts'
import {
  type App,
  componentOf,
  type ErrorHandler,
  type Flow,
  isDefault,
  type RoutedError,
} from './types.ts'

export type FlowPorts = {
  /** Makes a call without routing its failure. */
  readonly runCall: (request: CallRequest, signal: AbortSignal) => Promise<Outcome>
  /** Rejects with `CallFailure`. */
  readonly runFunction: (job: FunctionJob, signal: AbortSignal) => Promise<Json>
}

export type FunctionJob = {
  readonly tenant: string
  readonly app: string
  readonly flow: string
  readonly script: Script
  readonly error: RoutedError
  readonly inputs: JsonObject
}

type Failure = Extract<Outcome, { kind: 'failure' }>

/**
 * Routes what a call came to, if it is a failure and the call has an app. Returns the outcome with
 * `handled` where a Flow took it, and with what there is to say about it in the trail. Rejects only
 * with the reason of the aborted signal, or with a bug.
 */
export async function handleOutcome(
  { request, outcome, apps, ports }: HandleJob,
  signal: AbortSignal,
): Promise<Outcome> {
  if (outcome.kind !== 'failure' || request.app === undefined) return outcome
  const notes: Step[] = []
  const warn = (message: string) => notes.push({ kind: 'warning', message })
  try {
    const app = apps.read(request.app)
    if (!app) throw new UsageError('entityMissing', `There is no app \`${request.app}\``)
    const error = routedError(request, outcome)
    const chosen = choose(app, error, apps, warn)
    if (!chosen) return withNotes(outcome, notes)
    const handled = await runHandler({ request, app, error, chosen, ports, warn }, signal)
    return withNotes(handled ? { ...outcome, handled } : outcome, notes)
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof CallFailure) && !(error instanceof UsageError)) throw error
    warn(`no error handler was run: ${error.message}`)
    return withNotes(outcome, notes)
  }
}

export type HandleJob = {
  readonly request: CallRequest
  readonly outcome: Outcome
  readonly apps: Pick<AppFolder, 'read' | 'componentsFor'>
  readonly ports: FlowPorts
}

type Chosen = { readonly index: number; readonly handler: ErrorHandler; readonly flow: Flow }

/** The handler that the list names; the default in its place where its Flow is gone. */
function choose(
  app: App,
  error: RoutedError,
  apps: HandleJob['apps'],
  warn: (message: string) => void,
): Chosen | null {
  const { index } = route(app.errorHandlers, error)
  const first = index === null ? null : open(app, index, apps, warn)
  if (first !== 'gone') return first
  const fallback = app.errorHandlers.findIndex(isDefault)
  if (fallback < 0 || fallback === index) return null
  const second = open(app, fallback, apps, warn)
  return second === 'gone' ? null : second
}

/** Null for an empty handler: nothing is to be done, and that is what it says. */
function open(
  app: App,
  index: number,
  apps: HandleJob['apps'],
  warn: (message: string) => void,
): Chosen | 'gone' | null {
  const handler = app.errorHandlers[index]
  const componentId = handler ? componentOf(handler) : ''
  if (!handler || componentId === '') return null
  const component = apps.componentsFor(app)(componentId)
  if (component?.flow && component.group === app.group) {
    return { index, handler, flow: component.flow }
  }
  const code = component?.flow ? 'INVALID_COMPONENT_GROUP' : 'UNKNOWN_FLOW_ERROR_HANDLER'
  warn(`error_handlers/${index} ${code}: ${faultMessages[code]}`)
  return 'gone'
}

type HandlerRun = Pick<HandleJob, 'request' | 'ports'> & {
  readonly app: App
  readonly error: RoutedError
  readonly chosen: Chosen
  readonly warn: (message: string) => void
}

/** Null where the Flow itself failed: then nobody has taken the error. */
async function runHandler(run: HandlerRun, signal: AbortSignal): Promise<Handled | null> {
  const { index, handler, flow } = run.chosen
  const configuration = handler.handler?.configuration
  try {
    const result = await runFlow(run, fillInputs(configuration, run.error), signal)
    const { output, missing } = pickOutputs(configuration, result)
    for (const name of missing) run.warn(`the Flow ${flow.name} gave back no ${name}`)
    return { index, componentId: flow.componentId, output }
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof CallFailure)) throw error
    run.warn(`the Flow ${flow.name} of error_handlers/${index} failed: ${describe(error)}`)
    return null
  }
}

function describe({ type, message, position }: CallFailure): string {
  return `${type}: ${message}${position === undefined ? '' : ` (${position})`}`
}

async function runFlow(run: HandlerRun, inputs: JsonObject, signal: AbortSignal): Promise<Json> {
  const { request, ports, app, error, chosen } = run
  const { name, body } = chosen.flow
  const { tenant } = request
  if (body.kind === 'function') {
    const { script } = body
    return ports.runFunction({ tenant, app: app.id, flow: name, script, error, inputs }, signal)
  }
  const { connector, method, connection } = body
  const call = { tenant, connector, method, input: inputs }
  const outcome = await ports.runCall(connection === null ? call : { ...call, connection }, signal)
  if (outcome.kind === 'failure') throw outcome.failure
  return outcome.kind === 'stopped' ? null : outcome.content
}

/** What there is to say about the routing stands behind what happened in the last attempt. */
function withNotes(outcome: Failure, notes: readonly Step[]): Failure {
  if (notes.length === 0) return outcome
  const { trail } = outcome
  const last = trail.attempts.at(-1) ?? neverBegun
  const attempts = [...trail.attempts.slice(0, -1), { ...last, steps: [...last.steps, ...notes] }]
  return { ...outcome, trail: { ...trail, attempts } }
}

/** A call that names what is not there has no attempt, and still something to tell. */
const neverBegun: Attempt = {
  number: 0,
  cause: 'first',
  at: 0,
  ms: 0,
  verdict: 'never begun',
  steps: [],
}
