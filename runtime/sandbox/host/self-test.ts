import { CallFailure } from '../../model/failure.ts'
import { asConnectionId, asTenant } from '../../model/ids.ts'
import { type JsonObject, parseJson } from '../../model/json.ts'
import type { HookJob, HookResult, Sandbox } from '../../model/ports.ts'
import { UsageError } from '../../model/usage-error.ts'
import { limits } from '../protocol.ts'

/** An attack that should have failed, and what came of it instead. */
export type Breach = { readonly attack: string; readonly saw: string }

/**
 * Attacks this very sandbox in eleven ways, as scripts would, and says which of them got through; an
 * empty list is a sandbox that holds. Takes some two seconds: an attack on time has to run out.
 */
export async function attackSandbox(sandbox: Pick<Sandbox, 'run'>): Promise<readonly Breach[]> {
  const breaches: Breach[] = []
  for (const [attack, { script, hookMs, holds }] of Object.entries(attacks)) {
    const end = await endOf(sandbox, script, hookMs)
    if (!holds(end)) breaches.push({ attack, saw: end.says })
  }
  return breaches
}

/**
 * What whoever serves many calls does first. Rejects with `UsageError` (`genericError`) naming the
 * attacks that got through, in which case it must not serve.
 */
export async function demandSandboxHolds(sandbox: Pick<Sandbox, 'run'>): Promise<void> {
  const breaches = await attackSandbox(sandbox)
  if (breaches.length === 0) return
  const list = breaches.map(({ attack, saw }) => `${attack} (${saw})`).join('; ')
  throw new UsageError('genericError', `The sandbox does not hold on this system: ${list}`, {
    cure: 'Run no scripts here. `hookline doctor` says what the system lacks',
  })
}

/** How an attack ended: with a result, or by a failure of that type. */
type End = {
  readonly result: HookResult | null
  readonly failure: string | null
  /** The script's own finding. */
  readonly v: unknown
  /** That finding as it came, or what happened instead. */
  readonly says: string
}

type SelfAttack = {
  readonly script: string
  /** Milliseconds. Long where the script ends by itself: a busy machine is no breach. */
  readonly hookMs?: number
  readonly holds: (end: End) => boolean
}

const finds = (expression: string, expected: string): SelfAttack => ({
  script: `function after_action() { v.found = String(${expression}) }`,
  holds: ({ v }) => (v as JsonObject | null)?.found === expected,
})

const endsBy = (types: readonly string[], body: string): SelfAttack => ({
  script: `function after_action() { ${body} }`,
  hookMs: 200,
  holds: ({ failure }) => failure !== null && types.includes(failure),
})

const overTime = ['ScriptTimeout', 'ScriptMemoryLimit']

/** In this order: what one leaves behind, the next must not find. */
const attacks: Readonly<Record<string, SelfAttack>> = {
  'reach Node through a constructor': finds(
    `[console.log, http_request, AuthRefreshException, function* () {}].map(function (f) {
       try { return typeof Object.getPrototypeOf(f).constructor('return this.process')() }
       catch (e) { return 'undefined' } }).filter(function (t) { return t !== 'undefined' && t !== 'object' })`,
    '',
  ),
  'find what is not of the language': finds(
    `['process', 'fetch', 'setTimeout', 'WebAssembly', 'SharedArrayBuffer', 'Atomics', 'performance']
       .filter(function (name) { return name in globalThis })`,
    '',
  ),
  'load a module of Node': finds(
    `(function () { try { return typeof require('node:fs') } catch (e) { return e instanceof Error } })()`,
    'true',
  ),
  'leave something behind': finds(
    `(globalThis.left = Array.prototype.left = Object.prototype.left = 'left')`,
    'left',
  ),
  'find what another tenant left behind': finds(
    `[typeof left, typeof [].left, typeof ({}).left]`,
    'undefined,undefined,undefined',
  ),
  'hand back a key that reaches a prototype': {
    script: `function after_action() { v.x = JSON.parse('{"__proto__":{"bad":1},"constructor":{"prototype":1}}') }`,
    holds: ({ says }) => says === '{"x":{}}',
  },
  'flood the log': {
    script: `function after_action() { for (var i = 0; i < 5000; i++) console.log('x'.repeat(1000)) }`,
    holds: ({ result }) =>
      result !== null &&
      result.log.length <= limits.logLines &&
      result.log.reduce((sum, { text }) => sum + text.length, 0) <= limits.logText,
  },
  'take memory that nobody counts': finds(
    `(function () { try { return new ArrayBuffer(3e9, { maxByteLength: 3e9 }).byteLength } catch (e) { return 0 } })()`,
    '0',
  ),
  'stop the clock by what is thrown': endsBy(
    overTime,
    'throw { get message() { for (;;); }, get stack() { for (;;); } }',
  ),
  'run where no engine can interrupt': endsBy(
    overTime,
    'Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)',
  ),
  'fill the memory': endsBy(overTime, 'var a = []; for (;;) a.push(new Array(1000).fill(1.5))'),
}

async function endOf(sandbox: Pick<Sandbox, 'run'>, script: string, hookMs = 10_000): Promise<End> {
  try {
    const result = await sandbox.run(jobOf(script, hookMs), AbortSignal.timeout(longestMs))
    const text = result.globals.v
    const v = text === undefined ? null : parseJson(text)
    return { result, failure: null, v, says: text ?? result.kind }
  } catch (error) {
    const failure = error instanceof CallFailure ? error.type : null
    return { result: null, failure, v: null, says: failure ?? String(error) }
  }
}

const longestMs = 20_000

/** Every attack comes from a tenant of its own: one of them must not be judged for another's. */
function jobOf(source: string, hookMs: number): HookJob {
  const nonce = crypto.randomUUID()
  return {
    connection: { tenant: asTenant(`self-test-${nonce}`), id: asConnectionId('self-test') },
    event: 'after_action',
    scripts: [{ level: 'connector', file: 'self-test.js', source }],
    globals: { v: { json: '{}', writable: true, kind: 'value' } },
    hookMs,
    capability: async () => ({ ok: false, message: 'nothing is offered' }),
  }
}
