import { describe, expect, test } from 'vitest'
import type { Json, JsonObject } from '../../runtime/model/json.ts'
import { World } from '../support/world.ts'

const definition = `
base_url: https://api.acme.example
methods: { get: { verb: POST, path: /, body_type: json } }
`

/** What is sent, where every expression comes to `result`. */
async function map(fields: Readonly<Record<string, Json>>, input: JsonObject, result: Json = 7) {
  const world = new World({
    definition,
    hooks: {
      before_action: (globals) => {
        if (result instanceof Error) throw result
        globals.inline_result = result
      },
    },
    vendor: () => ({ json: {} }),
  })
  const outcome = await world.call({ fields, input, context: 'STEP_TESTING' })
  const body = world.requests[0]?.body
  return {
    outcome,
    jobs: world.jobs,
    sent: body ? (JSON.parse(Buffer.from(body).toString()) as Json) : null,
  }
}

describe('mapFields()', () => {
  test('replaces names of the input in texts, and leaves everything else', async () => {
    const fields = {
      text: 'Dear [Name], [Last Name] [a.b-c] [_x]',
      unknown: '[Nobody] [toString] [1] [] [Name',
      object: { text: '[Name]' },
      nothing: null,
      number: 7,
    }
    const input = { Name: 'Ann [Last Name]', 'Last Name': ['Lee'], 'a.b-c': null, _x: 0 }
    const { sent, jobs } = await map(fields, input)
    expect(sent).toEqual({
      ...fields,
      text: 'Dear Ann [Last Name], ["Lee"]  0',
    })
    expect(jobs).toEqual([])
  })

  test('evaluates what begins with `=`, in a script of its own', async () => {
    const { sent, jobs, outcome } = await map({ sum: '=[n] + 1 // one more', x: ' =1' }, { n: 6 })
    expect(sent).toEqual({ sum: 7, x: ' =1' })
    expect(jobs).toHaveLength(1)
    const [job] = jobs
    expect(job?.scripts).toEqual([
      {
        level: 'step',
        file: 'fields.sum',
        source: expect.stringContaining('(6 + 1 // one more\n)'),
      },
    ])
    expect(job?.globals).toEqual({
      inline_result: { json: 'null', writable: true, kind: 'value' },
      script_execution_context: { json: '"STEP_TESTING"', writable: false, kind: 'value' },
    })
    const never = new AbortController().signal
    expect(await job?.capability('http_request', {}, never)).toMatchObject({ ok: false })
    expect(outcome.trail.attempts[0]?.steps[0]).toMatchObject({
      kind: 'hook',
      event: 'fields.sum',
      result: 'returned',
    })
  })

  test('gives null where an expression leaves nothing', async () => {
    expect((await map({ a: '=undefined' }, {}, null)).sent).toEqual({ a: null })
  })

  test('fails with the name of the field, and what its expression said', async () => {
    const failing = (error: Error) => map({ a: '=x' }, {}, error as unknown as Json)
    const { outcome, sent } = await failing(new ReferenceError('x is not defined'))
    expect(outcome).toMatchObject({
      failure: {
        type: 'ScriptError',
        reason: 'expression',
        message: expect.stringMatching(/`a`.*x is not defined/),
      },
    })
    expect(sent).toBeNull()
    expect(outcome.trail.attempts[0]?.steps).toMatchObject([{ event: 'fields.a', result: 'threw' }])
    expect((await failing(new RangeError(''))).outcome).toMatchObject({
      failure: { message: expect.stringContaining('RangeError') },
    })
  })
})
