import { expect, test } from 'vitest'
import { parseApp } from '../../runtime/route/app-file.ts'
import { checkApp } from '../../runtime/route/check.ts'
import { appFrom, contextOf, documented, exampleApp } from './support.ts'

const faultsOf = (text: string) => {
  try {
    appFrom(text)
    return []
  } catch (error) {
    return (error as Error).message.split('\n')
  }
}

test('parseApp() reads group, sources, Flows and handlers', () => {
  const app = appFrom(exampleApp)
  expect(app).toMatchObject({ id: 'support', group: 'flowteam', errorTypes: [] })
  expect(app.sources.map(({ name }) => name)).toEqual([
    'error-sources-here',
    'ZipCode',
    'My_Intelli_miniApp',
    'crm.contacts.get',
  ])
  expect(app.flows.map(({ name, body }) => [name, body.kind])).toEqual([
    ['flow_name', 'function'],
    ['three_inputs', 'call'],
  ])
})

test('O11 a fresh app has one default with an empty handler, as documented', () => {
  expect(appFrom('group: g').errorHandlers).toEqual([documented('list-example.json')[0]])
  expect(appFrom('group: g\nerror_handlers:').errorHandlers).toHaveLength(1)
})

test('parseApp() makes up a component id in the documented grammar', () => {
  const [flow] = appFrom('group: g\nflows: { log: { source: "" } }'.replace('""', 'x')).flows
  expect(flow?.componentId).toBe('support.log.Flows.orc.g')
})

test('parseApp() names each fault and its place', () => {
  const text = `
gruop: g
sources: [{ connector: crm }]
flows:
  one: { call: { connector: crm, method: get }, function: x.js }
  two: { function: ../x.js }
  three: { function: gone.js }
error_handlers:
  - error_type: [Timeout]
  - { error_types: Timeout, handler: { component_id: 1 } }
`
  expect(faultsOf(text)).toEqual([
    'support.yaml:2:1 gruop: unknown key "gruop"; did you mean "group"?',
    'support.yaml:2:1 group: missing; expected a text',
    'support.yaml:3:11 sources[0].method: missing; expected a text',
    'support.yaml:5:3 flows.one: expected one of call, function (a file) and source (JavaScript)',
    'support.yaml:6:10 flows.two.function: expected a .js file in the folder of apps',
    'support.yaml:7:12 flows.three.function: there is no file gone.js (links are not followed)',
    'support.yaml:9:5 error_handlers[0].error_type: unknown key; did you mean "error_types"?',
    'support.yaml:10:7 error_handlers[1].error_types: expected a list of texts; got a text',
    'support.yaml:10:40 error_handlers[1].handler.component_id: expected a text; got a number',
  ])
})

test('parseApp() reads the script of a Flow from the folder of apps', () => {
  const app = parseApp({
    id: 'a',
    file: 'a.yaml',
    text: 'group: g\nflows: { f: { function: scripts/f.js } }',
    readScript: (path) => (path === 'scripts/f.js' ? 'function handle() {}' : null),
  })
  const script = { source: 'function handle() {}', file: 'scripts/f.js' }
  expect(app.flows[0]?.body).toEqual({ kind: 'function', script })
})

test('O55 a method that is gone makes a warning of each handler that names it', () => {
  const list = `
error_handlers:
  - {}
  - { error_sources: [crm.contacts.get], handler: { component_id: flow_name } }
`
  const app = appFrom(exampleApp + list)
  const { component } = contextOf(app)
  const installed = checkApp(app, { component, hasMethod: () => true })
  expect(installed).toEqual({ faults: [], shadows: [], flows: [] })

  const removed = checkApp(app, { component, hasMethod: (name) => name !== 'crm' })
  expect(removed.faults).toEqual([
    {
      type: 'WARNING',
      code: 'UNKNOWN_EVENT_SOURCE',
      message:
        'A miniApp has been referenced as Event Source but it no longer exists. Please remove the reference.',
      field: { field_type: 'event source', name: 'crm.contacts.get' },
      location: 'error_handlers/1',
    },
  ])
})

test('checkApp() names faults, Flows that call what is not there, and shadowed handlers', () => {
  const list = `
error_handlers:
  - { error_types: [Timeout], handler: { component_id: flow_name } }
  - { error_types: [Timeout], error_sources: [ZipCode], handler: { component_id: gone } }
`
  const app = appFrom(exampleApp + list)
  const check = checkApp(app, { ...contextOf(app), hasMethod: (name) => name !== 'slack' })
  expect(check.faults.map(({ code }) => code)).toEqual([
    'NONE_DEFAULT_ERROR_HANDLER',
    'UNKNOWN_FLOW_ERROR_HANDLER',
  ])
  const message = 'there is no method slack.post_message'
  expect(check.flows).toEqual([{ name: 'three_inputs', message }])
  expect(check.shadows).toEqual([{ index: 1, by: 0 }])
})
