import type { Script } from '../model/connector.ts'
import { CallFailure } from '../model/failure.ts'
import { asConnectionId, asTenant } from '../model/ids.ts'
import { type Json, parseJson } from '../model/json.ts'
import type { HookGlobal, LeveledScript, Sandbox } from '../model/ports.ts'
import type { FunctionJob } from './handle.ts'

const functionMs = 5_000

/**
 * Runs `handle(error, inputs)` of a Flow's script in the sandbox and returns what it returned. The
 * sandbox knows events only, so a script of ours plays the handler of one: it stands first, calls
 * the Flow's function, and by its `false` keeps any other handler from running. Rejects with
 * `CallFailure` of the Script types, or the reason of the aborted signal.
 */
export async function runFlowFunction(
  sandbox: Pick<Sandbox, 'run'>,
  job: FunctionJob,
  signal: AbortSignal,
): Promise<Json> {
  const { app, flow, script, error, inputs } = job
  const running = sandbox.run(
    {
      // No connection can have this name, so that no connection's isolate is shared.
      connection: { tenant: asTenant(job.tenant), id: asConnectionId(`flow:${app}/${flow}`) },
      event: 'after_error',
      scripts: [caller, { ...script, level: 'method' }],
      globals: {
        flow_error: readable(error),
        flow_inputs: readable(inputs),
        flow_output: { ...readable(null), writable: true },
      },
      hookMs: functionMs,
      capability: async () => ({ ok: false, message: 'a Flow has no requests of its own' }),
    },
    signal,
  )
  const result = await running.catch((failure: unknown) => {
    throw inWordsOf(script, failure)
  })
  if (result.kind === 'threw') throw thrownBy(script, result)
  return parseJson(result.globals.flow_output ?? 'null')
}

const caller: LeveledScript = {
  level: 'connector',
  file: 'flow',
  source: `function after_error() {
  if (typeof handle !== 'function') throw new Error('the Flow has no function handle(error, inputs)')
  var output = handle(flow_error, flow_inputs)
  if (output && typeof output.then === 'function') throw new Error('handle returned a promise; it is synchronous')
  flow_output = output === undefined ? null : output
  return false
}`,
}

function readable(value: Json | FunctionJob['error']): HookGlobal {
  return { json: JSON.stringify(value), writable: false, kind: 'value' }
}

/** What the sandbox says of our script's handler is meant for the Flow's function. */
function inWordsOf({ file }: Script, failure: unknown): unknown {
  if (!(failure instanceof CallFailure)) return failure
  const { type, message, reason } = failure
  return new CallFailure(
    type,
    message
      .replace(`after_error of ${caller.file}`, `handle of ${file}`)
      .replace('flow_output', 'what it returned'),
    reason === undefined ? {} : { reason },
  )
}

type Threw = Extract<Awaited<ReturnType<Sandbox['run']>>, { kind: 'threw' }>

function thrownBy(script: Script, { name, message, positions }: Threw): CallFailure {
  const position = positions.find((place) => place.startsWith(`${script.file}:`))
  return new CallFailure('ScriptError', message || name, {
    ...(position === undefined ? {} : { position }),
  })
}
