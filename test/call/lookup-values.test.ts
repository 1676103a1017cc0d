/** Which values a lookup's answer gives to properties (dialect section 14, 12). */
import { describe, expect, test } from 'vitest'
import { concealDeclared, lookupValues } from '../../runtime/call/lookup-values.ts'
import type { ReplyContent } from '../../runtime/model/call.ts'
import type { Json, JsonObject } from '../../runtime/model/json.ts'
import { World } from '../support/world.ts'
import { openTrip } from './trip.ts'

const definition = (values: object, around: object = {}) =>
  JSON.stringify({
    base_url: 'https://api.acme.example',
    auth: { type: 'session' },
    properties: {
      Session: { in: 'header', as: 'X-Session', sensitive: true },
      Region: { in: 'script' },
    },
    post_install: { method: 'get', values },
    methods: { get: { path: '/', ignore_auth: true } },
    ...around,
  })

async function open(values: object, around: object = {}) {
  return openTrip(new World({ definition: definition(values, around), vendor: () => ({}) }))
}

describe('lookupValues()', () => {
  test.each<[object, Json, JsonObject]>([
    [{}, { Session: 's', Region: 'eu', Other: 'x' }, { Session: 's', Region: 'eu' }],
    [{ Session: 'data.a.b' }, { a: { b: 's' }, Session: 'not this' }, { Session: 's' }],
    [{ Session: 'data[0].id' }, [{ id: 's' }], { Session: 's' }],
    [{}, { Session: 7, Region: false }, { Session: '7', Region: 'false' }],
    [{}, { Session: '', Region: null }, {}],
    [{}, { Session: { id: 1 }, Region: ['eu'] }, {}],
    [{}, 'text', {}],
  ])('mapped by %j, of %j', async (values, content, expected) => {
    using trip = await open(values)
    const { connector } = trip.execution.call
    expect(Object.fromEntries(lookupValues(connector, content))).toEqual(expected)
  })
})

describe('concealDeclared()', () => {
  const read = (content: Json): ReplyContent => ({
    format: 'json',
    text: JSON.stringify(content),
    content,
    warning: null,
  })

  test('puts a stand-in where a sensitive value stands, in objects and in lists', async () => {
    using trip = await open({ Session: 'data.list[1].id', Region: 'data.region' })
    const content = { list: [{ id: 'a' }, { id: 's', more: 1 }, 7], region: 'eu' }
    const safe = concealDeclared(trip.trip, read(content))
    const placeholder = expect.stringMatching(/^hkl_[0-9a-f]{32}$/)
    expect(safe.content).toEqual({
      list: [{ id: 'a' }, { id: placeholder, more: 1 }, 7],
      region: 'eu',
    })
    expect(JSON.parse(safe.text)).toEqual(safe.content)
    expect(trip.execution.placeholders.resolve(safe.text)).toBe(JSON.stringify(content))
  })

  test('leaves an answer in which none stands', async () => {
    using trip = await open({ Session: 'data.id' })
    for (const content of [{ other: 's' }, { id: 7 }, 'text', null]) {
      const answer = read(content)
      expect(concealDeclared(trip.trip, answer)).toBe(answer)
    }
  })

  test('leaves all to a connector whose scripts see secrets', async () => {
    using trip = await open({ Session: 'data.id' }, { reveal_secrets: true })
    const answer = read({ id: 's' })
    expect(concealDeclared(trip.trip, answer)).toBe(answer)
  })
})
