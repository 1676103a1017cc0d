import type { AnyNode } from './parse-script.ts'

/** The nodes right below a node, in the order of the source. */
export function childrenOf(node: AnyNode): readonly AnyNode[] {
  return Object.values(node).flatMap((member: unknown) => {
    if (Array.isArray(member)) return member.filter(isNode)
    return isNode(member) ? [member] : []
  })
}

/** A node and all below it, in the order of the source. Nesting costs no stack. */
export function nodesIn(node: AnyNode): readonly AnyNode[] {
  const found: AnyNode[] = []
  const waiting = [node]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    found.push(next)
    for (const child of childrenOf(next).toReversed()) waiting.push(child)
  }
  return found
}

/** The name at the root of `a.b[c].d`; null where the root is no name. */
export function rootName(node: AnyNode): string | null {
  if (node.type === 'Identifier') return node.name
  if (node.type === 'MemberExpression') return rootName(node.object)
  return node.type === 'ChainExpression' ? rootName(node.expression) : null
}

/** The name of a member that is written out: `b` of `a.b` and of `a['b']`. */
export function memberName(node: AnyNode): string | null {
  if (node.type !== 'MemberExpression') return null
  const { property, computed } = node
  if (!computed && property.type === 'Identifier') return property.name
  return property.type === 'Literal' && typeof property.value === 'string' ? property.value : null
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value
}
