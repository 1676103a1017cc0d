/** A judge that finds no fault with anybody would let every attack pass: here is one breach of each rule. */
import { describe, expect, test } from 'vitest'
import type { Outcome } from '../../../runtime/model/call.ts'
import type { Attack } from './corpus.ts'
import { faultsOf } from './judge.ts'
import { canaries, type Run } from './stage.ts'
import { type Received, renewedToken } from './vendor.ts'

const host = '127.0.0.1:8080'
const attack: Attack = {
  ...{ id: 'ESC-001', category: 'escape', hook: 'top-level', source: '' },
  ...{ expect: [], pair: null, step: null },
}
const start: Received = request(`/v1/start?id=${attack.id}`)
const clean: Run = {
  ...{ outcome: success({}), received: [start], broken: 0, hookMs: 250, lostProcess: false },
  sighting: { lagMs: 1, elapsedMs: 10, grownMb: 1, sandboxMb: 60, dialled: [host] },
}

describe('faultsOf()', () => {
  test('finds none with a run in which nothing happened', () => {
    expect(faultsOf(clean, attack, host)).toEqual([])
  })

  test.each<readonly [string, Partial<Run>]>([
    ['I1', seen({ lagMs: 101 })],
    ['I2', seen({ grownMb: 65 })],
    ['I2', seen({ sandboxMb: 700 })],
    ['I4', { outcome: success(JSON.parse('{"a":{"__proto__":{"b":1}}}')) }],
    ['I5', seen({ dialled: [host, '169.254.169.254:80'] })],
    ['I6', { outcome: success({ token: canaries.token }) }],
    ['I6', { outcome: failure('ScriptError', `at ${canaries.folder}/child.js`) }],
    ['I6', { outcome: logging(canaries.environment) }],
    ['I6', { outcome: logging(renewedToken) }],
    ['I7', { outcome: logging('x'.repeat(65_537)) }],
    ['I7', { outcome: failure('ScriptError', 'x'.repeat(8_193)) }],
    ['I7', { outcome: success('x'.repeat(4_194_305)) }],
    ['I8', { outcome: failure('ScriptTimeout', 'late') }],
    ['I8', { outcome: failure('ScriptMemoryLimit', 'greedy') }],
    ['I9', { received: [start, request('/oauth/token'), request('/oauth/token')] }],
    ['I10', { broken: 1 }],
    ['I10', { received: [start, request('/v1/items', { 'X-Injected': '1' })] }],
    ['I10', { received: [start, { ...request('/v1/items'), rawHeaders: ['Host', 'evil'] }] }],
    ['I10', { received: [start, { ...request('/v1/items'), body: 'x' }] }],
    ['I10', { received: [start, { ...request('/v1/items'), method: 'DELETE' }] }],
    ['LOG', { outcome: logging('\u001b[2J') }],
    ['LOG', { outcome: failure('ScriptError', 'a\u202eb') }],
    ['it did not start', { received: [] }],
    ['it says', { outcome: logging('PWNED ESC-001') }],
    ['it sees', { outcome: logging('AMBIENT process object') }],
  ])('%s: finds it, and nothing else', (rule, breach) => {
    expect(faultsOf({ ...clean, ...breach }, attack, host)).toEqual([
      expect.stringMatching(new RegExp(`^${rule} `.trimEnd())),
    ])
  })

  test('I4: finds a broker whose prototypes were changed', () => {
    const world = Object.prototype as Record<string, unknown>
    world.polluted = true
    try {
      expect(faultsOf(clean, attack, host)).toEqual(['I4 a prototype of the broker is polluted'])
    } finally {
      delete world.polluted
    }
  })

  test('I8: believes that a hook was late, or greedy, where that shows', () => {
    const late = { ...clean, ...seen({ elapsedMs: 300 }), outcome: failure('ScriptTimeout', '') }
    const greedy = { ...clean, lostProcess: true, outcome: failure('ScriptMemoryLimit', '') }
    expect([late, greedy].map((run) => faultsOf(run, attack, host))).toEqual([[], []])
  })
})

function seen(sighting: Partial<Run['sighting']>): Partial<Run> {
  return { sighting: { ...clean.sighting, ...sighting } }
}

function request(path: string, headers: Readonly<Record<string, string>> = {}): Received {
  const rawHeaders = ['Host', host, ...Object.entries(headers).flat()]
  return { method: 'GET', path, rawHeaders, body: '' }
}

function success(content: unknown): Outcome {
  return { kind: 'success', content, trail: { attempts: [] } } as unknown as Outcome
}

function failure(type: string, message: string): Outcome {
  const trail = { attempts: [] }
  return { kind: 'failure', failure: { type, message }, trail } as unknown as Outcome
}

function logging(text: string): Outcome {
  const steps = [{ kind: 'log', level: 'info', text }]
  return { kind: 'success', content: {}, trail: { attempts: [{ steps }] } } as unknown as Outcome
}
