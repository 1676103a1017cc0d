/** Field mappings of a call: values, texts with `[Name]` in them, and expressions (dialect section 6). */
import { CallFailure, type FailureType } from '../model/failure.ts'
import { type Json, type JsonObject, parseJson } from '../model/json.ts'
import type { HookGlobal } from '../model/ports.ts'
import type { Execution } from './execution.ts'

/**
 * The input that a mapping makes of the call's own. A text that begins with `=` is an expression;
 * each is evaluated in a context of its own, without the call's scripts and cycle variables. Rejects
 * with `CallFailure` of the Script types, naming the field.
 */
export async function mapFields(
  execution: Execution,
  fields: Readonly<Record<string, Json>>,
): Promise<JsonObject> {
  const { input } = execution.call
  const mapped: [string, Json][] = []
  for (const [name, mapping] of Object.entries(fields)) {
    mapped.push([name, await mapField(execution, name, substituted(mapping, input))])
  }
  return Object.fromEntries(mapped)
}

/** `[Name]` is replaced as text, also inside an expression: authors put back-ticks around it. */
function substituted(mapping: Json, input: JsonObject): Json {
  if (typeof mapping !== 'string') return mapping
  return mapping.replace(/\[([A-Za-z_][\w .-]*)\]/g, (whole, name: string) => {
    if (!Object.hasOwn(input, name)) return whole
    const value = input[name] ?? ''
    return typeof value === 'string' ? value : JSON.stringify(value)
  })
}

async function mapField(execution: Execution, name: string, mapping: Json): Promise<Json> {
  if (typeof mapping !== 'string' || !mapping.startsWith('=')) return mapping
  const { call, ports, signal, trail } = execution
  const began = ports.now()
  const file = `fields.${name}`
  const running = ports.sandbox.run(
    {
      connection: call.connection,
      event: 'before_action',
      scripts: [{ level: 'step', file, source: evaluating(mapping.slice(1)) }],
      globals: { inline_result: unset, script_execution_context: readable(call.context) },
      hookMs: call.connector.limits.hookMs,
      capability: async () => ({ ok: false, message: 'an expression asks for nothing' }),
    },
    signal,
  )
  const result = await running.catch((failure: unknown) => {
    if (!(failure instanceof CallFailure)) throw failure
    const said = failure.message.replace(`before_action of ${file}: inline_result`, 'its value')
    throw failed(name, said.replace(`before_action of ${file}`, 'it'), failure.type)
  })
  for (const { level, text } of result.log) trail.add({ kind: 'log', level, text })
  const ending = result.kind === 'threw' ? 'threw' : 'returned'
  trail.add({ kind: 'hook', event: `fields.${name}`, ms: ports.now() - began, result: ending })
  if (result.kind !== 'threw') return parseJson(result.globals.inline_result ?? 'null')
  throw failed(name, result.message || result.name)
}

function failed(name: string, said: string, type: FailureType = 'ScriptError'): CallFailure {
  const message = `The expression of the field \`${name}\`: ${said}`
  return new CallFailure(type, message, { reason: 'expression' })
}

const unset: HookGlobal = { json: 'null', writable: true, kind: 'value' }

function readable(value: Json): HookGlobal {
  return { json: JSON.stringify(value), writable: false, kind: 'value' }
}

/** On a line of its own, so that a comment at its end hides nothing. */
function evaluating(expression: string): string {
  return `function before_action() {\ninline_result = (${expression}\n)\nreturn true\n}`
}
