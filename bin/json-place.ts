/** Where a text stops being JSON: what JSON.parse says of it would quote the text, which may be secret. */
export type JsonPlace = { readonly line: number; readonly column: number }

const token =
  /[ \t\n\r]*(?:([{}[\],:])|("(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])|(?:true|false|null)(?!\w)))/uy

/** The first place at which a text cannot go on as JSON; lines and columns count from 1. */
export function jsonErrorPlace(text: string): JsonPlace {
  const before = text.slice(0, errorIndex(text))
  const lines = before.split(/\r\n|[\n\r]/)
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 }
}

type Wanted = 'value' | 'first-value' | 'first-key' | 'key' | 'colon' | 'next'

function errorIndex(text: string): number {
  const open: string[] = []
  let wanted: Wanted = 'value'
  token.lastIndex = 0
  for (;;) {
    const start = text.slice(token.lastIndex).search(/[^ \t\n\r]/)
    const at = start === -1 ? text.length : token.lastIndex + start
    if (wanted === 'next' && open.length === 0) return at
    const found = token.exec(text)
    const next: Wanted | null = found === null ? null : step(wanted, kindOf(found), open)
    if (next === null) return at
    wanted = next
  }
}

function kindOf([, mark, string]: RegExpExecArray): string {
  return mark ?? (string === undefined ? 'scalar' : 'string')
}

/** What may follow; null where what was found may not stand there. */
function step(wanted: Wanted, kind: string, open: string[]): Wanted | null {
  switch (wanted) {
    case 'colon':
      return kind === ':' ? 'value' : null
    case 'first-key':
    case 'key':
      if (kind === 'string') return 'colon'
      return wanted === 'first-key' && kind === '}' ? close(open) : null
    case 'next':
      if (kind === ',') return open.at(-1) === '{' ? 'key' : 'value'
      return kind === (open.at(-1) === '{' ? '}' : ']') ? close(open) : null
    default:
      return valueStep(wanted, kind, open)
  }
}

function valueStep(wanted: Wanted, kind: string, open: string[]): Wanted | null {
  if (kind === 'string' || kind === 'scalar') return 'next'
  if (kind === '{' || kind === '[') {
    open.push(kind)
    return kind === '{' ? 'first-key' : 'first-value'
  }
  return wanted === 'first-value' && kind === ']' ? close(open) : null
}

function close(open: string[]): Wanted {
  open.pop()
  return 'next'
}
