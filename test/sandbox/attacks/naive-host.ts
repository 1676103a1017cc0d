/**
 * The usual wrapper, as people write it: the script in our own process and realm, with everything
 * read, merged, logged and sent as it comes. Run as a program, and only under a SIGKILL from outside.
 * Takes sources as JSON on its input, runs them one after the other, and prints what came of it.
 */
import { readFileSync } from 'node:fs'
import { runInThisContext } from 'node:vm'

type Job = { readonly sources: readonly string[]; readonly hook: string; readonly token: string }

const { sources, hook, token } = JSON.parse(readFileSync(0, 'utf8')) as Job
const log: string[] = []
const world = globalThis as unknown as Record<string, unknown>
let renewals = 0
let isOver = false

class AuthRefreshException extends Error {
  override name = 'AuthRefreshException'
}
class AuthSessionException extends Error {
  override name = 'AuthSessionException'
}

const write = (...values: unknown[]): void => {
  if (values[0] !== '')
    log.push(isOver ? `late: ${values.map(String).join(' ')}` : values.map(text).join(' '))
}
const text = (value: unknown): string =>
  typeof value === 'object' ? JSON.stringify(value) : String(value)

const ownNames = Object.getOwnPropertyNames(Object.prototype).length

// What people hand over: a console of theirs, and sometimes the engine.
world.Isolate = class Isolate {}
world.console = { log: write, error: write, warn: write }

function fresh(): void {
  Object.assign(world, {
    AuthRefreshException,
    AuthSessionException,
    method_request: {
      url: 'https://api.example.com/v1/items',
      method: 'GET',
      headers: { accept: 'application/json', authorization: `Bearer ${token}` },
      query: { page: 1 },
      body: null,
    },
    method_response: {
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: { items: [{ id: 1, name: 'a' }], next: null },
    },
    method_error: {
      get status() {
        return 401
      },
      headers: {},
      body: { error: 'invalid_token' },
      message: 'no',
    },
  })
}

/** Believes names and shapes, looks into every nested error, and renews as often as it is asked. */
function asksForRenewal(error: unknown): boolean {
  const { name, signal, cause, errors = [] } = (error ?? {}) as Record<string, unknown>
  if (name === 'AuthRefreshException' || name === 'AuthSessionException') return true
  if (error instanceof AuthRefreshException || signal === 'refresh') return true
  return [cause, ...(errors as unknown[])].some((each) => each != null && asksForRenewal(each))
}

function describe(error: unknown): string {
  const { name, message, stack } = error as Error
  const own = Object.entries(error as object)
  return `${name.trim()}: ${message.trim()} ${stack} ${own.map(String)}`
}

function merge(target: Record<string, unknown>, from: Record<string, unknown>): void {
  for (const [key, value] of Object.entries(from)) {
    if (value !== null && typeof value === 'object') {
      target[key] ??= {}
      merge(target[key] as Record<string, unknown>, value as Record<string, unknown>)
    } else target[key] = value
  }
}

async function runOnce(source: string): Promise<unknown> {
  // Of two scripts, the second finds the scope of the first. Of one, all stands in one line, so that
  // a comment at its end swallows what follows.
  const call = `typeof ${hook} === 'function' ? function deliver(key) { return ${hook}() } : null`
  const made = (
    sources.length > 1
      ? runInThisContext(`${source}; ${call}`)
      : // biome-ignore lint/security/noGlobalEval: that is what makes it naive
        globalThis.eval(`(function deliver(key) { ${source}; return ${call} })('key')`)
  ) as (() => unknown) | null
  const called = made === null ? null : made()
  return new Promise((resolve, reject) => {
    Promise.resolve(called).then(resolve, reject)
  })
}

async function runUntilSettled(source: string): Promise<string> {
  for (;;) {
    try {
      await runOnce(source)
      return ''
    } catch (error) {
      if (asksForRenewal(error) && renewals++ < 20) continue
      return describe(error)
    }
  }
}

/** What would go on the wire: templates filled in, options taken as they come. */
function wire(): string {
  const request = structuredClone(world.method_request) as Record<string, unknown>
  return JSON.stringify(request).replace(/\{\{[^}]*(?:token)[^}]*\}\}/g, token)
}

let error = ''
const whole: Record<string, unknown> = { settings: {} }
fresh()
const benign = wire()
let sent = ''
let output = ''
let blockedMs = 0
for (const source of sources) {
  fresh()
  const began = performance.now()
  error += await runUntilSettled(source)
  blockedMs = Math.max(blockedMs, performance.now() - began)
  isOver = true
  ;(world.console as Console).error('the host was here'.slice(0, 0))
  sent = wire()
  const response = structuredClone(world.method_response) as Record<string, unknown>
  merge(whole, { answer: {} })
  merge(whole.settings as Record<string, unknown>, response)
  const answer = (await (world.method_response as Promise<unknown>)) as { body: unknown }
  output = typeof answer === 'string' ? answer : JSON.stringify(answer.body)
  await new Promise((resolve) => setTimeout(resolve, 20))
  isOver = false
}
const polluted =
  Object.isFrozen(Object.prototype) ||
  Object.getOwnPropertyNames(Object.prototype).length !== ownNames
const isChanged = sent !== benign
process.stdout.write(
  JSON.stringify({
    log,
    error,
    renewals,
    polluted,
    isChanged,
    sent,
    blockedMs,
    output: output ?? '',
  }),
)
