/** What can be told of a script without running it. */
import type { ScriptLevel } from '../model/call.ts'
import { blockNames, exported, isFunction, varNames } from './declared-names.ts'
import { type AnyNode, type FunctionNode, type Program, parseScript } from './parse-script.ts'
import { type Reference, referencesIn } from './references.ts'
import { memberName, rootName } from './syntax-tree.ts'

export type TopFunction = {
  readonly name: string
  /** Offset of the name. */
  readonly at: number
  readonly node: FunctionNode
}

export type ScriptFacts = {
  readonly file: string
  readonly source: string
  readonly level: ScriptLevel
  readonly program: Program
  /** Functions with a name at the top: the only ones that can be handlers. */
  readonly functions: readonly TopFunction[]
  /** Everything that the script declares at its top. */
  readonly declared: ReadonlySet<string>
  readonly references: readonly Reference[]
}

/** One thing that an author should know, at an offset of the script. */
export type Remark = { readonly at: number; readonly message: string }

export type ScriptText = Pick<ScriptFacts, 'file' | 'source' | 'level'>

/** Null for what is no JavaScript. */
export function readFacts(script: ScriptText): ScriptFacts | null {
  const program = parseScript(script.source)
  if (program === null) return null
  const functions = topFunctions(program)
  const names = new Map<AnyNode, string>(functions.map(({ node, name }) => [node, name]))
  return {
    ...script,
    program,
    functions,
    declared: new Set([...blockNames(program.body), ...varNames(program)]),
    references: referencesIn(program, names),
  }
}

/** `function f`, `const f = () => …`, `f = function …` and `globalThis.f = …`, exported or not. */
function topFunctions({ body }: Program): readonly TopFunction[] {
  return body.flatMap((statement) => {
    const node = exported(statement)
    if (node.type === 'FunctionDeclaration') return named(node.id, node)
    if (node.type === 'VariableDeclaration') {
      return node.declarations.flatMap(({ id, init }) => named(id, init ?? null))
    }
    if (node.type !== 'ExpressionStatement') return []
    const { expression } = node
    if (expression.type !== 'AssignmentExpression') return []
    return named(expression.left, expression.right)
  })
}

function named(target: AnyNode | null, value: AnyNode | null): readonly TopFunction[] {
  if (target === null || value === null || !isFunction(value)) return []
  const node = value
  if (target.type === 'Identifier') return [{ name: target.name, at: target.start, node }]
  const name = rootName(target) === 'globalThis' ? memberName(target) : null
  return name === null ? [] : [{ name, at: target.start, node }]
}
