import { describe, expect, test } from 'vitest'
import { envelope, type FaultEnvelope } from '../../runtime/route/faults.ts'
import type { ErrorHandler } from '../../runtime/route/types.ts'
import { validate } from '../../runtime/route/validate.ts'
import { appFrom, contextOf, documented, exampleApp, theDefault, to } from './support.ts'

const bodies = documented<FaultEnvelope>('400-bodies.json')
const flow = 'uuid.flow_name.Flows.orc.flowteam'
const typed = { error_types: ['Timeout'] }

const faultsOf = (list: readonly ErrorHandler[], context = contextOf()) =>
  validate(list, context).map(({ code, location }) => `${code} ${location}`)

describe('validate() answers each of the documented bodies byte for byte', () => {
  const source = 'test_user_id.source_1.Announcement.MiniApps.group'
  const lists: readonly (readonly [string, readonly ErrorHandler[]])[] = [
    ['O20 no default', []],
    ['O21 two defaults', [theDefault, {}]],
    ['O22 an unknown source', [theDefault, to(flow, { error_sources: [source] })]],
    ['O23 an unknown type', [to(flow, { error_types: ['does_not_exist'] }), theDefault]],
    ['O24 an empty handler that is not the default', [theDefault, to('', typed)]],
    ['O25 an unknown Flow', [theDefault, to('uuid.gone.Flows.orc.flowteam', typed)]],
    ["O26 another group's Flow", [theDefault, to('uuid.theirs.Flows.orc.elsewhere', typed)]],
    ['O27 no Flow', [theDefault, to('uuid.ask.Announcement.MiniApps.flowteam', typed)]],
    [
      'O28 inputs that the Flow does not have',
      [
        theDefault,
        { ...typed, handler: { component_id: flow, configuration: { input_fields: { no: 1 } } } },
      ],
    ],
  ]

  test.each(lists.map(([name, list], index) => ({ name, list, index })))(
    '$name',
    ({ list, index }) => {
      const wanted = JSON.stringify(bodies[index]).replaceAll('repeat_handler', 'error_handler')
      expect(JSON.stringify(envelope(validate(list, contextOf())))).toBe(wanted)
    },
  )

  test('all nine of them', () => {
    expect(bodies).toHaveLength(9)
    expect(lists).toHaveLength(9)
  })
})

test('validate() finds no fault in the documented example list', () => {
  expect(validate(documented<ErrorHandler>('list-example.json'), contextOf())).toEqual([])
})

test('O20 a handler with an empty list of one kind and a name of the other is no default', () => {
  expect(faultsOf([to(flow, { error_types: [], error_sources: ['ZipCode'] })])).toEqual([
    'NONE_DEFAULT_ERROR_HANDLER error_handlers/',
  ])
})

test('O21 each default is named, wherever it stands', () => {
  expect(faultsOf([theDefault, to(flow, typed), to(flow), {}])).toEqual([
    'MULTIPLE_DEFAULT_ERROR_HANDLERS error_handlers/0',
    'MULTIPLE_DEFAULT_ERROR_HANDLERS error_handlers/2',
    'MULTIPLE_DEFAULT_ERROR_HANDLERS error_handlers/3',
  ])
})

test('O22 O23 every unknown name is reported, with the field that it stands in', () => {
  const list = [theDefault, to(flow, { error_types: ['a', 'Timeout', 'b'], error_sources: ['c'] })]
  expect(validate(list, contextOf()).map(({ field }) => field)).toEqual([
    { field_type: 'event type', name: 'a' },
    { field_type: 'event type', name: 'b' },
    { field_type: 'event source', name: 'c' },
  ])
})

test('O23 the runtime’s types, the documented names and the app’s own are known', () => {
  const own = appFrom(`${exampleApp}error_types: [OutOfStock]\n`)
  const list = [theDefault, to(flow, { error_types: ['RateLimited', 'MaxNoInputs', 'OutOfStock'] })]
  expect(faultsOf(list, contextOf(own))).toEqual([])
  expect(faultsOf(list)).toEqual(['INVALID_EVENT_TYPE error_handlers/1'])
})

test('O24 a handler that is missing, null, or blank is empty', () => {
  expect(
    faultsOf([theDefault, typed, { ...typed, handler: null }, to('  ', typed)]).map((text) =>
      text.split(' ').at(0),
    ),
  ).toEqual(Array(3).fill('INVALID_NON_ERROR_HANDLER'))
})

test('O24 the default may have a handler, and its handler is checked like any other', () => {
  expect(faultsOf([to(flow)])).toEqual([])
  expect(faultsOf([to('uuid.gone.Flows.orc.flowteam')])).toEqual([
    'UNKNOWN_FLOW_ERROR_HANDLER error_handlers/0',
  ])
})

test('O25 a Flow of the app is also known by its bare name', () => {
  expect(faultsOf([to('flow_name')])).toEqual([])
  expect(faultsOf([to('theirs')])).toEqual(['UNKNOWN_FLOW_ERROR_HANDLER error_handlers/0'])
})

test('O27 an unknown component that says it is something else is a fault of type', () => {
  const declared = { handler: { component_id: 'uuid.x.y', nodeType: 'Announcement' } }
  expect(faultsOf([declared])).toEqual(['INVALID_ERROR_HANDLER_TYPE error_handlers/0'])
  expect(faultsOf([to('other')])).toEqual(['INVALID_ERROR_HANDLER_TYPE error_handlers/0'])
  expect(faultsOf([{ handler: { component_id: 'uuid.x.y', nodeType: 'Flow' } }])).toEqual([
    'UNKNOWN_FLOW_ERROR_HANDLER error_handlers/0',
  ])
})

test.each([
  ['an output that the Flow does not declare', ['other']],
  ['a number', [1]],
  ['an empty name', ['']],
  ['a canvas field without its local name', [{ miniapp_name: 'id' }]],
  ['a flag that is a text', [{ miniapp_name: 'id', local_name: 'x', optional: 'yes' }]],
])('O28 output_fields with %s', (_what, output_fields) => {
  const handler = {
    component_id: '111111.111111.111111.11111.111111',
    configuration: { output_fields },
  }
  expect(faultsOf([{ handler }])).toEqual(['INVALID_COMPONENT_CONFIG error_handlers/0'])
})

test('O28 output_fields in either form fit a Flow that declares them', () => {
  const output_fields = ['id', { miniapp_name: 'id', local_name: 'ticket', locked: true }]
  const handler = { component_id: 'three_inputs', configuration: { output_fields } }
  expect(faultsOf([{ handler }])).toEqual([])
})

test('O29 O30 several faults share one sentence; a lone one speaks for itself', () => {
  const two = envelope(validate([], contextOf()).concat(validate([], contextOf())))
  expect(two.message).toBe(
    'Error Handlers could not be saved because they are invalid. Please fix the issues to continue.',
  )
  const one = envelope(validate([to(flow, { error_types: ['x'] }), theDefault], contextOf()))
  expect(one.message).toMatch(/ Field: x \(event type\)\.$/)
  expect(Object.keys(two)).toEqual(['message', 'errors'])
})

test('O31 an item’s faults come in order, and of its handler the first only', () => {
  const item = {
    error_types: ['x'],
    error_sources: ['y'],
    handler: { component_id: 'gone', configuration: { input_fields: { no: 1 } } },
  }
  expect(faultsOf([item, to('', typed)])).toEqual([
    'NONE_DEFAULT_ERROR_HANDLER error_handlers/',
    'INVALID_EVENT_TYPE error_handlers/0',
    'UNKNOWN_EVENT_SOURCE error_handlers/0',
    'UNKNOWN_FLOW_ERROR_HANDLER error_handlers/0',
    'INVALID_NON_ERROR_HANDLER error_handlers/1',
  ])
})

test('O32 a caller without rights to the other group is told of no such Flow', () => {
  const list = [theDefault, to('uuid.theirs.Flows.orc.elsewhere', typed)]
  const stranger = contextOf(undefined, { groups: new Set(['flowteam']) })
  expect(faultsOf(list, stranger)).toEqual(['UNKNOWN_FLOW_ERROR_HANDLER error_handlers/1'])
  const both = contextOf(undefined, { groups: new Set(['flowteam', 'elsewhere']) })
  expect(faultsOf(list, both)).toEqual(['INVALID_COMPONENT_GROUP error_handlers/1'])
})
