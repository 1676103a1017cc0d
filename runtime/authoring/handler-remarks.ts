/** Handlers that nothing calls, or that can never work. */
import type { Connector, Method } from '../model/connector.ts'
import { nearest } from '../model/nearest.ts'
import { isFunction } from './declared-names.ts'
import { absentEvents, type EventFact, eventFact, eventNames } from './events.ts'
import type { Remark, ScriptFacts, TopFunction } from './script-facts.ts'

/** Where a script belongs: to the whole connector, or to one of its methods. */
export type Home = { readonly connector: Connector; readonly method: Method | null }

export function handlerRemarks(facts: ScriptFacts, home: Home): readonly Remark[] {
  return [...facts.functions.flatMap((each) => remarksOn(each, facts, home)), ...noFunctions(facts)]
}

function remarksOn(one: TopFunction, facts: ScriptFacts, home: Home): readonly Remark[] {
  const event = eventFact(one.name)
  const messages = event === null ? misspelt(one, facts) : [...shapeOf(one), ...idle(event, home)]
  return messages.map((message) => ({ at: one.at, message }))
}

function shapeOf({ name, node }: TopFunction): readonly string[] {
  const messages: string[] = []
  if (node.async) {
    messages.push(
      `\`${name}\` is async: hooks are synchronous, and a returned promise fails the call; \`http_request\` needs no await`,
    )
  } else if (node.generator) {
    messages.push(`\`${name}\` is a generator: calling it runs none of its body`)
  }
  if (node.params.length > 0) {
    messages.push(`\`${name}\` is called without arguments; what it works on are global variables`)
  }
  return messages
}

function misspelt({ name, node }: TopFunction, facts: ScriptFacts): readonly string[] {
  const absent = absentEvents.get(name)
  if (absent !== undefined) return [`nothing runs \`${name}\` here: ${absent}`]
  const isUsed = facts.references.some((one) => one.name === name && one.use === 'read')
  if (isUsed || node.params.length > 0) return []
  const meant =
    eventNames.find((event) => plain(event) === plain(name)) ?? nearest(name, eventNames)
  if (meant === null) return []
  return [`\`${name}\` is no event, so nothing calls it; did you mean \`${meant}\`?`]
}

/** `afterAction`, `After_Action` and `after_action` are one. */
function plain(name: string): string {
  return name.replaceAll('_', '').toLowerCase()
}

/** An event that belongs to what the connector, or the method, is not. */
function idle({ name, of }: EventFact, { connector, method }: Home): readonly string[] {
  const never = `\`${name}\` never runs`
  if (of === 'oauth') return idleOAuth(name, { connector, method })
  if (method !== null && of === 'webhook' && method.type !== 'webhook') {
    return [`${never}: ${method.name} is of type ${method.type}, not webhook`]
  }
  if (method !== null && of === 'call' && method.type === 'webhook') {
    return [`${never}: ${method.name} is of type webhook`]
  }
  return []
}

function idleOAuth(name: string, { connector, method }: Home): readonly string[] {
  const { auth } = connector
  const never = `\`${name}\` never runs`
  if (method !== null) return [`${never}: it belongs into the connector's own script`]
  if (auth.type !== 'oauth2') return [`${never}: auth is ${auth.type}, not oauth2`]
  if (name === 'before_oauth2_authorise' && auth.grant !== 'authorization_code') {
    return [`${never}: the grant ${auth.grant} has no login page`]
  }
  return []
}

/** `var after_action = 5` takes the name of a handler, and is none. */
function noFunctions({ program }: ScriptFacts): readonly Remark[] {
  return program.body.flatMap((statement) => {
    if (statement.type !== 'VariableDeclaration') return []
    return statement.declarations.flatMap(({ id, init }) => {
      if (id.type !== 'Identifier' || eventFact(id.name) === null || !init) return []
      const isValue = ['Literal', 'ObjectExpression', 'ArrayExpression', 'TemplateLiteral']
      if (isFunction(init) || !isValue.includes(init.type)) return []
      return [
        { at: id.start, message: `\`${id.name}\` is not a function, so the call fails there` },
      ]
    })
  })
}
