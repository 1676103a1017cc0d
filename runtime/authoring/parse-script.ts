/** The one owner of acorn: a script of an author as a syntax tree. */
import { type AnyNode, getLineInfo, type Program, parse } from 'acorn'

export type { AnyNode, Program }

export type FunctionNode = Extract<
  AnyNode,
  { type: 'FunctionDeclaration' | 'FunctionExpression' | 'ArrowFunctionExpression' }
>

/** Null for what is no JavaScript; whoever compiles the script says where and why. */
export function parseScript(source: string): Program | null {
  return tryToParse(source, 'script') ?? tryToParse(source, 'module')
}

/** Line and column of an offset, both from 1. */
export function placeOfOffset(
  source: string,
  offset: number,
): { readonly line: number; readonly column: number } {
  const { line, column } = getLineInfo(source, offset)
  return { line, column: column + 1 }
}

function tryToParse(source: string, sourceType: 'script' | 'module'): Program | null {
  try {
    return parse(source, { ecmaVersion: 'latest', sourceType, allowReturnOutsideFunction: false })
  } catch (error) {
    // A RangeError: brackets nested more deeply than the parser's stack.
    if (error instanceof SyntaxError || error instanceof RangeError) return null
    throw error
  }
}
