/** Auth exceptions that no renewal can follow. */
import { exceptionNames } from './functions.ts'
import type { Home } from './handler-remarks.ts'
import type { AnyNode } from './parse-script.ts'
import type { Remark, ScriptFacts } from './script-facts.ts'
import { nodesIn } from './syntax-tree.ts'

type ExceptionName = (typeof exceptionNames)[number]

export function renewalRemarks(facts: ScriptFacts, home: Home): readonly Remark[] {
  return nodesIn(facts.program).flatMap((node) => {
    const name = exceptionMade(node)
    const why = name === null ? null : obstacle(name, home)
    return why === null
      ? []
      : [{ at: node.start, message: `${name} can never renew anything: ${why}` }]
  })
}

/** `new X()`, `X()`, `throw X`, and an object that says by its `name` that it is one. */
function exceptionMade(node: AnyNode): ExceptionName | null {
  switch (node.type) {
    case 'NewExpression':
    case 'CallExpression':
      return node.callee.type === 'Identifier' ? asException(node.callee.name) : null
    case 'ThrowStatement':
      return node.argument.type === 'Identifier' ? asException(node.argument.name) : null
    case 'Property':
      return textOf(node.value)
    case 'AssignmentExpression':
      return textOf(node.right)
    default:
      return null
  }
}

function textOf(node: AnyNode): ExceptionName | null {
  return node.type === 'Literal' ? asException(String(node.value)) : null
}

function asException(name: string): ExceptionName | null {
  return exceptionNames.find((known) => known === name) ?? null
}

function obstacle(name: ExceptionName, { connector, method }: Home): string | null {
  const { auth, postInstall } = connector
  if (method !== null && method.name === postInstall?.method) {
    return `${method.name} is the login itself, which runs once; say what is wrong with an error rule of type InvalidCredential`
  }
  if (name === 'AuthRefreshException') {
    if (auth.type === 'oauth2') return null
    const instead = postInstall === null ? '' : '; AuthSessionException runs the login'
    return `auth is ${auth.type}, so there is no OAuth 2 token to refresh${instead}`
  }
  if (postInstall !== null) return null
  const instead = auth.type === 'oauth2' ? '; AuthRefreshException refreshes the token' : ''
  return `the connector has no \`post_install\`, so there is no login to run${instead}`
}
