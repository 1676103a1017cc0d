import type { Outcome, Step } from '../../../runtime/model/call.ts'
import type { CallFailure } from '../../../runtime/model/failure.ts'
import { marks, type Route } from './adapter.ts'
import type { Attack, Ending } from './corpus.ts'
import { canaries, type Run } from './stage.ts'
import { renewedToken } from './vendor.ts'

/** What an attack came to, in the corpus's words. It is the host's word: no text decides. */
export function endingOf({ outcome }: Run, route: Route): Ending {
  if (outcome.kind === 'failure') return endingOfFailure(outcome.failure)
  const refused = logOf(outcome).some(({ text }) => text.startsWith(marks.refused))
  return route === 'http_request' && refused ? 'blocked' : 'no-effect'
}

function endingOfFailure({ type, reason }: CallFailure): Ending {
  switch (type) {
    case 'ScriptTimeout':
      return 'killed:timeout'
    case 'ScriptMemoryLimit':
      return 'killed:memory'
    case 'AuthRefreshFailed':
      return 'auth:refresh'
    case 'AuthSessionFailed':
      return 'auth:session'
    case 'RequestForbidden':
      return 'blocked'
    case 'DefinitionInvalid':
      return reason === 'missing-parameter' ? 'blocked' : 'error'
    default:
      return 'error'
  }
}

/** Whether that end is one of those that the corpus accepts. */
export function isExpected(ending: Ending, { id, expect }: Attack, route: Route): boolean {
  if (expect.includes(ending)) return true
  if (route === 'call' && ending === 'no-effect' && ignoredInCalls.has(id)) return true
  // What was dropped or cut shows in the invariants; the call itself then succeeds.
  return (
    ending === 'no-effect' &&
    expect.some((each) => ['sanitized', 'truncated', 'isolated'].includes(each))
  )
}

/** What a script cannot say of the call's own request: its verb, the body of a GET, no object at all. */
const ignoredInCalls: ReadonlySet<string> = new Set(['REQ-071', 'REQ-073', 'REQ-074', 'REQ-090'])

/** What the attack broke of that which holds for every run; empty where nothing. */
export function faultsOf(run: Run, attack: Attack, host: string): readonly string[] {
  const { outcome, received, broken, sighting, hookMs } = run
  const log = logOf(outcome)
  const shown = JSON.stringify(outcome)
  const type = outcome.kind === 'failure' ? outcome.failure.type : null
  const errorText = outcome.kind === 'failure' ? outcome.failure.message : ''
  const answer = outcome.kind === 'success' ? JSON.stringify(outcome.content) : ''
  const tokenCalls = received.filter(({ path }) => path.startsWith('/oauth/token'))
  const checks: readonly (readonly [string, boolean])[] = [
    [`I1 the broker stood still for ${sighting.lagMs.toFixed(0)} ms`, sighting.lagMs < 100],
    [`I2 the broker grew by ${sighting.grownMb.toFixed(0)} MB`, sighting.grownMb < 64],
    [`I2 a sandbox process held ${sighting.sandboxMb} MB`, sighting.sandboxMb < 640],
    ['I4 a key that reaches a prototype came out', !shown.includes('__proto__":')],
    ['I4 a prototype of the broker is polluted', isClean()],
    [`I5 sockets to ${sighting.dialled}`, sighting.dialled.every((address) => address === host)],
    ['I6 a secret came out', !Object.values(secrets).some((secret) => shown.includes(secret))],
    [
      'I8 it was called late, and was not',
      type !== 'ScriptTimeout' || sighting.elapsedMs >= hookMs,
    ],
    ['I8 it was called greedy, and was not', type !== 'ScriptMemoryLimit' || isGreedy(run)],
    ['I7 the log is too long', log.length <= 1_000 && lengthOf(log) <= 65_536],
    ['I7 the error is too long', errorText.length <= 8_192],
    ['I7 the content is too large', answer.length <= 4_194_304],
    ['I9 too many renewals', tokenCalls.length <= 1],
    ['I10 bytes that are no request', broken === 0],
    ['I10 a header that nobody may send', received.every((each) => isPlain(each.rawHeaders, host))],
    [
      'I10 a body where none may be',
      received.every(({ method, body }) => method !== 'GET' || !body),
    ],
    ['I10 another verb', received.every(({ method }) => ['GET', 'POST'].includes(method))],
    ['LOG a control character came out', !log.some(({ text }) => hostile.test(text))],
    ['LOG a control character is in the error', !hostile.test(errorText)],
    ['it did not start', received.some(({ path }) => path === `/v1/start?id=${attack.id}`)],
    [`it says ${pwned(log)}`, pwned(log) === null],
    [`it sees ${ambient(log)}`, ambient(log) === null],
  ]
  return checks.filter(([, holds]) => !holds).map(([name]) => name)
}

// Controls but tab and line feed, and the marks of the writing direction.
const hostile = /[^\P{Cc}\t\n]|[\u2028\u2029\u202a-\u202e\u2066-\u2069]/u

const secrets = { ...canaries, renewedToken }

function isClean(): boolean {
  for (const _key in {}) return false
  return Object.keys(Object.prototype).length === 0 && !('polluted' in {}) && !('isAdmin' in {})
}

/** More than an isolate may have, or more than its process survived. */
function isGreedy({ lostProcess, sighting }: Run): boolean {
  return lostProcess || sighting.sandboxMb > 128
}

/** One Host, ours; nothing that frames a message twice; nothing that was smuggled in. */
function isPlain(rawHeaders: readonly string[], host: string): boolean {
  const names = rawHeaders.filter((_text, index) => index % 2 === 0).map((n) => n.toLowerCase())
  const sent = (name: string) => rawHeaders[names.indexOf(name) * 2 + 1]
  const forbidden = ['x-injected', 'transfer-encoding', 'proxy-authorization', 'upgrade', 'expect']
  const hosts = names.filter((name) => name === 'host')
  return (
    hosts.length === 1 &&
    sent('host') === host &&
    new Set(names).size === names.length &&
    !names.some((name) => forbidden.includes(name)) &&
    !(sent('accept-encoding') ?? '').includes('compress')
  )
}

type Line = Extract<Step, { kind: 'log' }>

export function logOf({ trail }: Outcome): readonly Line[] {
  return trail.attempts
    .flatMap(({ steps }) => steps)
    .filter((step): step is Line => step.kind === 'log')
}

function lengthOf(log: readonly Line[]): number {
  return log.reduce((sum, { text }) => sum + text.length, 0)
}

function pwned(log: readonly Line[]): string | null {
  return log.find(({ text }) => text.startsWith('PWNED') && !ofTheDialect.has(text))?.text ?? null
}

function ambient(log: readonly Line[]): string | null {
  return log.find(({ text }) => text.startsWith('AMBIENT') && !ofTheDialect.has(text))?.text ?? null
}

/** What these scripts take for Node's is the dialect's own `require`, which knows two libraries. */
const ofTheDialect: ReadonlySet<string> = new Set([
  'AMBIENT require function',
  'PWNED ESC-005 function',
  'PWNED ESC-060b',
])
