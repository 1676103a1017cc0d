/** Which names a scope declares (ECMA-262 sections 8.2.6 and 8.2.7). */
import type { AnyNode, FunctionNode } from './parse-script.ts'
import { childrenOf } from './syntax-tree.ts'

/** The names that a pattern binds. */
export function boundNames(pattern: AnyNode | null): readonly string[] {
  switch (pattern?.type) {
    case 'Identifier':
      return [pattern.name]
    case 'ObjectPattern':
      return pattern.properties.flatMap((each) =>
        boundNames(each.type === 'Property' ? each.value : each.argument),
      )
    case 'ArrayPattern':
      return pattern.elements.flatMap(boundNames)
    case 'AssignmentPattern':
      return boundNames(pattern.left)
    case 'RestElement':
      return boundNames(pattern.argument)
    default:
      return []
  }
}

/** What the statements of a block declare for it: `let`, `const`, `class`, `import` and functions. */
export function blockNames(statements: readonly AnyNode[]): readonly string[] {
  return statements.flatMap((statement) => {
    const node = exported(statement)
    switch (node.type) {
      case 'VariableDeclaration':
        return node.kind === 'var' ? [] : node.declarations.flatMap(({ id }) => boundNames(id))
      case 'FunctionDeclaration':
      case 'ClassDeclaration':
        return boundNames(node.id)
      case 'ImportDeclaration':
        return node.specifiers.map(({ local }) => local.name)
      default:
        return []
    }
  })
}

/** What `var` declares anywhere below a node, up to the next function. */
export function varNames(node: AnyNode): readonly string[] {
  const names: string[] = []
  const waiting = [node]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (next.type === 'VariableDeclaration' && next.kind === 'var') {
      names.push(...next.declarations.flatMap(({ id }) => boundNames(id)))
    }
    for (const child of childrenOf(next)) {
      if (!isFunction(child) && child.type !== 'StaticBlock') waiting.push(child)
    }
  }
  return names
}

export function isFunction(node: AnyNode): node is FunctionNode {
  return (
    node.type === 'FunctionDeclaration' ||
    node.type === 'FunctionExpression' ||
    node.type === 'ArrowFunctionExpression'
  )
}

/** A declaration without the `export` before it. */
export function exported(node: AnyNode): AnyNode {
  const isExport =
    node.type === 'ExportNamedDeclaration' || node.type === 'ExportDefaultDeclaration'
  return isExport && node.declaration ? node.declaration : node
}
