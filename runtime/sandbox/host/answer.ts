import type { LogLevel, ScriptLevel } from '../../model/call.ts'
import { CallFailure } from '../../model/failure.ts'
import { isJsonObject, type Json, type JsonObject, jsonDepth, parseJson } from '../../model/json.ts'
import type { HookJob, HookResult, LogLine } from '../../model/ports.ts'
import { limits } from '../protocol.ts'
import { filesOfHandlers, placeOfHandler } from './handler-place.ts'
import { printable } from './printable.ts'

/**
 * Reads a guest's record as what it is: a text by a stranger. Whatever it says, it becomes a
 * `HookResult` of known keys and bounded texts. Throws `CallFailure` of type ScriptError: reason
 * `bad-return` where the guest refused to give data, or gave none that can be kept.
 */
export function readRecord(text: string, job: HookJob): HookResult {
  const record = parseRecord(text)
  if (record.kind === 'refused') throw refusal(record, job)
  const shared = {
    globals: readGlobals(record.globals, job),
    log: readLog(record.log),
    warnings: listOf(record.warnings, limits.warnings).map((warning) => printable(textOf(warning))),
  }
  if (record.kind === 'absent') return { kind: 'absent', ...shared }
  if (record.kind === 'returned') {
    const falseAt = record.falseAt === null ? null : levelOf(record.falseAt)
    return { kind: 'returned', value: record.value === true, falseAt, ...shared }
  }
  if (record.kind !== 'threw') throw broken()
  return {
    kind: 'threw',
    level: levelOf(record.level),
    signal: record.signal === 'refresh' || record.signal === 'session' ? record.signal : null,
    name: printable(textOf(record.name)),
    message: printable(textOf(record.message)),
    positions: readPositions(record, job),
    ...shared,
  }
}

/** What was thrown without a stack (a text, say) was thrown by the handler, wherever in it. */
function readPositions({ positions, level }: JsonObject, job: HookJob): readonly string[] {
  const told = listOf(positions, limits.positions)
  if (told.length > 0) return told.map((one) => printable(textOf(one).slice(0, 300)))
  return [placeOfHandler(job, levelOf(level)) ?? []].flat()
}

function refusal({ message, level }: JsonObject, job: HookJob): CallFailure {
  const text = printable(textOf(message))
  if (level !== null) return badReturn(text, placeOfHandler(job, levelOf(level)))
  return badReturn(`${job.event}${filesOfHandlers(job)}: ${text}`, placeOfHandler(job, null))
}

function parseRecord(text: string): JsonObject {
  if (text.length > limits.record || jsonDepth(text) > 4) throw broken()
  const record = parseText(text)
  if (!isJsonObject(record)) throw broken()
  return record
}

function parseText(text: string): Json {
  try {
    return parseJson(text)
  } catch {
    throw broken()
  }
}

/** Only what the job lets a script write; each one JSON, without the keys that reach a prototype. */
function readGlobals(value: Json | undefined, job: HookJob): Record<string, string> {
  if (!isJsonObject(value)) throw broken()
  const changed: Record<string, string> = {}
  let bytes = 0
  const refuse = (why: string): CallFailure =>
    badReturn(`${job.event}${filesOfHandlers(job)}: ${why}`, placeOfHandler(job, null))
  for (const [name, { writable }] of Object.entries(job.globals)) {
    const text = Object.hasOwn(value, name) ? value[name] : undefined
    if (!writable || text === undefined) continue
    if (typeof text !== 'string') throw broken()
    bytes += Buffer.byteLength(text)
    if (bytes > limits.readBack) throw refuse(`${name} is larger than can be read back (4 MiB)`)
    if (jsonDepth(text) > limits.depth) {
      throw refuse(`${name} nests deeper than ${limits.depth} levels`)
    }
    changed[name] = JSON.stringify(parseText(text))
  }
  return changed
}

const levels: ReadonlySet<unknown> = new Set(['debug', 'info', 'warn', 'error'])

function readLog(value: Json | undefined): LogLine[] {
  let room = limits.logText
  return listOf(value, limits.logLines).map((line) => {
    if (!isJsonObject(line)) throw broken()
    const text = printable(textOf(line.text).slice(0, room))
    room -= text.length
    return { level: levels.has(line.level) ? (line.level as LogLevel) : 'info', text }
  })
}

function listOf(value: Json | undefined, length: number): readonly Json[] {
  if (!Array.isArray(value)) throw broken()
  return value.slice(0, length)
}

function textOf(value: Json | undefined): string {
  if (typeof value !== 'string') throw broken()
  return value.slice(0, limits.logText)
}

function levelOf(value: Json | undefined): ScriptLevel {
  if (value === 'connector' || value === 'method' || value === 'step') return value
  throw broken()
}

function badReturn(message: string, position: string | null = null): CallFailure {
  return new CallFailure('ScriptError', message, {
    reason: 'bad-return',
    ...(position === null ? {} : { position }),
  })
}

function broken(): CallFailure {
  return badReturn('the sandbox returned what no hook can return')
}
