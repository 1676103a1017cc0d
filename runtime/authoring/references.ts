/** Which names a script uses that it did not declare inside a function or a block, and for what. */
import { blockNames, boundNames, isFunction, varNames } from './declared-names.ts'
import type { AnyNode, FunctionNode, Program } from './parse-script.ts'
import { childrenOf } from './syntax-tree.ts'

export type Reference = {
  readonly name: string
  /** Offset in the source. */
  readonly at: number
  readonly use: Use
  /** The function at the top of the script that it stands in; null for what loading evaluates. */
  readonly within: string | null
}

/** `change`: in place, as in `name.member = 1`; `test`: only `typeof name`. */
export type Use = 'read' | 'write' | 'change' | 'test'

/** Every use of a global, or of what the script declares at its top. Nesting costs no stack. */
export function referencesIn(
  program: Program,
  topFunctions: ReadonlyMap<AnyNode, string>,
): readonly Reference[] {
  const found: Reference[] = []
  const waiting = uses(program.body, { scopes: [], within: null }).toReversed()
  for (let visit = waiting.pop(); visit !== undefined; visit = waiting.pop()) {
    const { node, place, use } = visit
    if (node.type !== 'Identifier') {
      for (const next of below(visit, topFunctions).toReversed()) waiting.push(next)
    } else if (!place.scopes.some((scope) => scope.has(node.name))) {
      found.push({ name: node.name, at: node.start, use, within: place.within })
    }
  }
  return found
}

type Place = { readonly scopes: readonly ReadonlySet<string>[]; readonly within: string | null }
type Visit = { readonly node: AnyNode; readonly place: Place; readonly use: Use }
type Visits = readonly Visit[]

function below(
  { node, place, use }: Visit,
  topFunctions: ReadonlyMap<AnyNode, string>,
): readonly Visit[] {
  if (use !== 'read') return targets(node, place)
  if (isFunction(node)) {
    const within = place.within ?? topFunctions.get(node) ?? null
    return belowFunction(node, { ...place, within })
  }
  return belowExpression(node, place) ?? belowScope(node, place) ?? uses(childrenOf(node), place)
}

/** Null for what is none of these. */
function belowExpression(node: AnyNode, place: Place): Visits | null {
  switch (node.type) {
    case 'AssignmentExpression':
      return [
        ...(node.operator === '=' ? [] : uses([node.left], place)),
        { node: node.left, place, use: 'write' },
        ...uses([node.right], place),
      ]
    case 'UpdateExpression':
      return [{ node: node.argument, place, use: 'write' }]
    case 'UnaryExpression': {
      const { operator, argument } = node
      if (operator === 'delete') return [{ node: argument, place, use: 'write' }]
      const isTest = operator === 'typeof' && argument.type === 'Identifier'
      return [{ node: argument, place, use: isTest ? 'test' : 'read' }]
    }
    case 'VariableDeclarator':
      return [{ node: node.id, place, use: 'write' }, ...uses([node.init], place)]
    case 'MemberExpression':
      return uses(node.computed ? [node.object, node.property] : [node.object], place)
    case 'Property':
    case 'MethodDefinition':
    case 'PropertyDefinition':
      return uses([node.computed ? node.key : null, node.value], place)
    default:
      return null
  }
}

/** What opens a scope, and what holds names that are none. Null for anything else. */
function belowScope(node: AnyNode, place: Place): Visits | null {
  switch (node.type) {
    case 'BlockStatement':
    case 'StaticBlock':
      return uses(node.body, opened(place, blockNames(node.body)))
    case 'ForStatement':
      return uses(childrenOf(node), opened(place, blockNames(node.init ? [node.init] : [])))
    case 'ForInStatement':
    case 'ForOfStatement':
      return belowLoop(node, opened(place, blockNames([node.left])))
    case 'SwitchStatement': {
      const statements = node.cases.flatMap(({ consequent }) => consequent)
      const inner = opened(place, blockNames(statements))
      return [...uses([node.discriminant], place), ...uses(node.cases, inner)]
    }
    case 'CatchClause':
      return uses([node.body], opened(place, boundNames(node.param ?? null)))
    case 'ClassExpression':
    case 'ClassDeclaration':
      return uses([node.superClass, node.body], opened(place, boundNames(node.id ?? null)))
    default:
      return belowLabelled(node, place)
  }
}

function belowLabelled(node: AnyNode, place: Place): Visits | null {
  switch (node.type) {
    case 'LabeledStatement':
      return uses([node.body], place)
    case 'ExportNamedDeclaration':
      if (node.declaration) return uses([node.declaration], place)
      return node.source
        ? []
        : uses(
            node.specifiers.map(({ local }) => local),
            place,
          )
    case 'BreakStatement':
    case 'ContinueStatement':
    case 'MetaProperty':
    case 'ImportDeclaration':
    case 'ExportAllDeclaration':
      return []
    default:
      return null
  }
}

function belowFunction(node: FunctionNode, place: Place): Visits {
  const { body } = node
  const statements = body.type === 'BlockStatement' ? body.body : null
  const inner = opened(place, [
    'arguments',
    ...(node.type === 'FunctionExpression' ? boundNames(node.id ?? null) : []),
    ...node.params.flatMap(boundNames),
    ...varNames(body),
    ...blockNames(statements ?? []),
  ])
  const params = node.params.map((param) => ({ node: param, place: inner, use: 'write' as const }))
  return [...params, ...uses(statements ?? [body], inner)]
}

function belowLoop(
  { left, right, body }: Extract<AnyNode, { type: 'ForInStatement' | 'ForOfStatement' }>,
  inner: Place,
): Visits {
  const use = left.type === 'VariableDeclaration' ? 'read' : 'write'
  return [{ node: left, place: inner, use }, ...uses([right, body], inner)]
}

/** Below what is assigned: names, members of names, and patterns with their defaults and keys. */
function targets(node: AnyNode, place: Place): Visits {
  switch (node.type) {
    case 'MemberExpression': {
      const { object, property, computed } = node
      const isName = object.type === 'Identifier' || object.type === 'MemberExpression'
      return [
        { node: object, place, use: isName ? 'change' : 'read' },
        ...uses(computed ? [property] : [], place),
      ]
    }
    case 'ChainExpression':
      return [{ node: node.expression, place, use: 'write' }]
    case 'ObjectPattern':
      return node.properties.flatMap((each) =>
        each.type === 'Property'
          ? [...uses(each.computed ? [each.key] : [], place), ...written([each.value], place)]
          : written([each.argument], place),
      )
    case 'ArrayPattern':
      return written(node.elements, place)
    case 'AssignmentPattern':
      return [...uses([node.right], place), ...written([node.left], place)]
    case 'RestElement':
      return written([node.argument], place)
    default:
      return uses([node], place)
  }
}

function uses(nodes: readonly (AnyNode | null | undefined)[], place: Place): Visits {
  return nodes.flatMap((node) => (node ? [{ node, place, use: 'read' as const }] : []))
}

function written(nodes: readonly (AnyNode | null)[], place: Place): Visits {
  return nodes.flatMap((node) => (node ? [{ node, place, use: 'write' as const }] : []))
}

function opened(place: Place, names: readonly string[]): Place {
  return { ...place, scopes: [...place.scopes, new Set(names)] }
}
