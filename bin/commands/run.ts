import type { Runtime } from '../../runtime/index.ts'
import type { CallRequest, Outcome } from '../../runtime/model/call.ts'
import { CallFailure } from '../../runtime/model/failure.ts'
import { asCallId } from '../../runtime/model/ids.ts'
import type { Json } from '../../runtime/model/json.ts'
import { type ExitCode, exitCodeOf } from '../exit-codes.ts'
import { readObject, readParameters } from '../input.ts'
import { interruption } from '../interrupt.ts'
import {
  demandMethod,
  demandNeeded,
  findConnector,
  noConnection,
  onlyConnection,
} from '../names.ts'
import { openRuntime } from '../open.ts'
import { outcomeText } from '../print/outcome.ts'
import { paintErr } from '../print/paint.ts'
import { outcomeReport } from '../print/report.ts'
import { trailText } from '../print/trail.ts'
import { type GlobalOptions, readSettings } from '../settings.ts'
import { readStep } from '../step.ts'
import { oneLine, print, printJson, say } from '../streams.ts'

export type RunOptions = GlobalOptions & {
  readonly connector: string
  readonly method: string
  readonly connection?: string
  readonly parameter?: readonly string[]
  readonly input?: string
  readonly step?: string
  readonly retries?: number
  readonly idempotencyKey?: string
  readonly timeout?: number
  readonly app?: string
  readonly source?: string
  readonly explain?: boolean
}

/** Makes one call. Throws `UsageError` where what was asked for is not there. */
export async function run(options: RunOptions): Promise<ExitCode> {
  const settings = readSettings(options)
  const input = await readInput(options)
  const step = options.step === undefined ? undefined : await readStep(options.step)
  await using runtime = await openRuntime(settings)
  const connection = await findNames(runtime, options, settings.tenant)
  const request: CallRequest = {
    ...{ tenant: settings.tenant, connector: options.connector, method: options.method, input },
    ...(connection === null ? {} : { connection }),
    ...(step === undefined ? {} : { step }),
    ...chosen(options),
  }
  const outcome = await callInTime(runtime, request, options.timeout)
  if (settings.json) printJson(outcomeReport(outcome, { ...request, connection }))
  else show(outcome, { request, explain: options.explain ?? false })
  return exitCodeOf(outcome)
}

/** Options that pass as they are; what was left out stays out. */
function chosen({ retries, idempotencyKey, app, source }: RunOptions) {
  return {
    ...(retries === undefined ? {} : { retries }),
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    ...(app === undefined ? {} : { app }),
    ...(source === undefined ? {} : { source }),
  }
}

async function readInput({ input, parameter }: RunOptions) {
  const below = input === undefined ? {} : await readObject(input)
  return { ...below, ...readParameters(parameter) }
}

/** Makes sure of every name before anything is sent; resolves to the connection’s, if it needs one. */
async function findNames(
  runtime: Runtime,
  options: RunOptions,
  tenant: string,
): Promise<string | null> {
  const connector = await findConnector(options.connector, runtime.connectors)
  demandMethod(options.method, connector)
  const name = options.connection
  const { connections } = runtime
  if (name === undefined) return onlyConnection(connector, await connections.list(tenant))
  if (await connections.get({ tenant, connection: name })) return name
  demandNeeded(connector)
  throw noConnection(name, await connections.list(tenant))
}

/** The limit is the caller’s, not the connector’s, so that its end is told as a failure here. */
async function callInTime(
  runtime: Runtime,
  request: CallRequest,
  timeout: number | undefined,
): Promise<Outcome> {
  using interrupted = interruption()
  if (timeout === undefined) return await runtime.call(request, interrupted)
  const startedAt = new Date()
  const limit = AbortSignal.timeout(timeout)
  try {
    return await runtime.call(request, { signal: AbortSignal.any([interrupted.signal, limit]) })
  } catch (error) {
    if (error !== limit.reason) throw error
    const message = `${request.connector} ${request.method} did not end within ${timeout} ms`
    const failure = new CallFailure('Timeout', message, { reason: 'caller-deadline' })
    const trail = { startedAt, ms: Date.now() - startedAt.getTime(), attempts: [] }
    return { kind: 'failure', failure, call: asCallId(''), trail }
  }
}

type Shown = { readonly request: CallRequest; readonly explain: boolean }

/** The content to stdout, everything about it to stderr. */
function show(outcome: Outcome, { request, explain }: Shown): void {
  if (explain) {
    const { connector, method, connection } = request
    const through = connection === undefined ? '' : ` through ${connection}`
    say(paintErr('dim', `${oneLine(`${connector} ${method}${through}`)}, call ${outcome.call}`))
    say(trailText(outcome.trail, paintErr))
  }
  if (outcome.kind === 'success' || outcome.kind === 'warning') printContent(outcome.content)
  say(outcomeText(outcome, paintErr, request))
  if (outcome.kind === 'failure' && !explain && outcome.trail.attempts.length > 0) {
    say(paintErr('dim', '  --explain tells what happened, attempt by attempt.'))
  }
}

/** An answer without a body prints nothing. */
function printContent(content: Json): void {
  if (content !== null && content !== '') print(JSON.stringify(content, null, 2))
}
