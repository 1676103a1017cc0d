/** Secrets that a script puts where people or other hosts read them. */
import type { Connector } from '../model/connector.ts'
import { boundNames } from './declared-names.ts'
import type { Home } from './handler-remarks.ts'
import type { AnyNode } from './parse-script.ts'
import type { Remark, ScriptFacts } from './script-facts.ts'
import { childrenOf, memberName, nodesIn, rootName } from './syntax-tree.ts'

export function secretRemarks(facts: ScriptFacts, { connector, method }: Home): readonly Remark[] {
  const nodes = nodesIn(facts.program)
  const secrets = new Secrets(nodes, connector)
  const clear = connector.revealSecrets
    ? ' in clear, as `reveal_secrets` is set'
    : ' (as a stand-in, unless `reveal_secrets` is set)'
  const leaks = nodes.flatMap((node) => {
    const sink = sinkOf(node)
    const name = sink === null ? null : secrets.find(sink.parts)
    if (sink === null || name === null) return []
    return [
      { at: node.start, message: `reveals a secret: \`${name}\` goes into ${sink.where}${clear}` },
    ]
  })
  const refused = connector.revealSecrets ? [] : nodes.flatMap((node) => refusalOf(node, secrets))
  const strangers = nodes.flatMap((node) => strangerOf(node, connector))
  return [...leaks, ...refused, ...strangers, ...(method === null ? tokenAnswers(facts) : [])]
}

type Sink = { readonly where: string; readonly parts: readonly AnyNode[] }

function sinkOf(node: AnyNode): Sink | null {
  if (node.type === 'ThrowStatement') return { where: 'an error message', parts: [node.argument] }
  if (node.type === 'AssignmentExpression') {
    const target = rootName(node.left) ?? ''
    if (!['method_response', 'method_error'].includes(target)) return null
    return { where: 'the result of the call', parts: [node.right] }
  }
  if (node.type !== 'CallExpression') return null
  const { callee } = node
  if (rootName(callee) === 'console') return { where: 'the trail', parts: node.arguments }
  const isStorage = /^(?:cyclr|cycle)_storage_(?:set|append)$/.test(rootName(callee) ?? '')
  return isStorage ? { where: 'the storage of scripts', parts: node.arguments } : null
}

/** Which expressions hold a secret: the globals that are one, and what was made of them. */
class Secrets {
  readonly #sensitive: ReadonlySet<string>
  readonly #derived = new Map<string, string>()

  constructor(nodes: readonly AnyNode[], { properties }: Connector) {
    this.#sensitive = new Set(properties.filter((one) => one.sensitive).map(({ name }) => name))
    for (let before = -1; before !== this.#derived.size; ) {
      before = this.#derived.size
      for (const node of nodes) this.#derive(node)
    }
  }

  find(nodes: readonly AnyNode[]): string | null {
    const waiting = nodes.toReversed()
    for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
      const name = this.#nameOf(node)
      if (name !== null) return name
      if (!comparing(node)) for (const child of childrenOf(node).toReversed()) waiting.push(child)
    }
    return null
  }

  #derive(node: AnyNode): void {
    if (node.type !== 'VariableDeclarator' || !node.init) return
    const name = this.find([node.init])
    if (name === null) return
    for (const bound of boundNames(node.id)) this.#derived.set(bound, name)
  }

  #nameOf(node: AnyNode): string | null {
    if (node.type === 'Identifier') {
      const { name } = node
      const isSecret = name === 'method_auth_value' || name === 'oauth_client_secret'
      return isSecret ? name : (this.#derived.get(name) ?? null)
    }
    const member = memberName(node)
    if (member === null || node.type !== 'MemberExpression') return null
    const isParameter =
      node.object.type === 'Identifier' && node.object.name === 'script_parameters'
    return isParameter && this.#sensitive.has(member) ? `script_parameters.${member}` : null
  }
}

/** The library would hash the stand-in, so it refuses one. */
function refusalOf(node: AnyNode, secrets: Secrets): readonly Remark[] {
  if (node.type !== 'CallExpression' || rootName(node.callee) !== 'CryptoJS') return []
  const name = secrets.find(node.arguments)
  if (name === null) return []
  const message = `CryptoJS refuses \`${name}\`, which is a stand-in; \`cyclr_sign\` and \`btoa\` take it`
  return [{ at: node.start, message }]
}

/** What only says something about a value: whether it is there, how long it is. */
function comparing(node: AnyNode): boolean {
  if (node.type === 'UnaryExpression') return true
  if (node.type === 'BinaryExpression') return node.operator !== '+'
  return memberName(node) === 'length'
}

/** A request of the script’s own to where the connector may not go. */
function strangerOf(node: AnyNode, { origins }: Connector): readonly Remark[] {
  if (node.type !== 'CallExpression' || rootName(node.callee) !== 'http_request') return []
  const [argument] = node.arguments
  if (argument?.type !== 'ObjectExpression') return []
  return argument.properties.flatMap((each) => {
    if (each.type !== 'Property' || each.key.type !== 'Identifier' || each.key.name !== 'url')
      return []
    const text = each.value.type === 'Literal' ? String(each.value.value) : ''
    const origin = URL.canParse(text) ? new URL(text).origin : null
    const isDynamic = origins.some((allowed) => allowed.origin.includes('{{'))
    if (origin === null || isDynamic || origins.some((allowed) => allowed.origin === origin))
      return []
    const message = `${origin} is not among this connector's origins, so the request is refused; add it to "origins"`
    return [{ at: each.value.start, message }]
  })
}

/** Only the fields that a connector declares are concealed; an answer may have others. */
function tokenAnswers({ functions }: ScriptFacts): readonly Remark[] {
  return functions
    .filter(({ name }) => name === 'after_oauth2_token' || name === 'after_oauth2_refresh')
    .map(({ name, at }) => ({
      at,
      message: `reveals secrets: \`${name}\` reads a token answer in clear, but for the fields that \`auth.answer\` declares or whose name tells a secret`,
    }))
}
