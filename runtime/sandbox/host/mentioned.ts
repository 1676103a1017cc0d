import type { HookGlobal, HookJob } from '../../model/ports.ts'

export type NamedGlobal = HookGlobal & { readonly name: string }

/**
 * The globals that a job's scripts could touch: those whose name stands in a source. An event has two
 * dozen, a hook looks at two, and to define the others would cost more than to run it. Sources that
 * could reach a global without naming it get them all.
 */
export function mentionedGlobals({ scripts, globals }: HookJob): readonly NamedGlobal[] {
  const all = Object.entries(globals).map(([name, global]) => ({ name, ...global }))
  const sources = scripts.map(({ source }) => source)
  if (sources.some(isOpaque)) return all
  return all.filter(({ name }) => sources.some((source) => source.includes(name)))
}

/**
 * Whether a job's scripts could leave something behind that runs when their handlers are over: a
 * reaction to a promise. A wrong no delays what the same hook comes to, and nobody else's.
 */
export function mayLinger({ scripts }: HookJob): boolean {
  return scripts.some(({ source }) => isOpaque(source) || promises.test(source))
}

/** Whether what a source does cannot be told from the names in it. A long one is not looked through. */
function isOpaque(source: string): boolean {
  return source.length > longSource || namesNothing.test(source)
}

const promises = /\b(?:Promise|async|import)\b/

/**
 * The global object, code made of texts, names with escapes. Whoever gets to code made of texts by a
 * detour (`[]['cons' + 'tructor']`) misses what it names by another.
 */
const namesNothing = /\\u|\b(?:this|globalThis|eval|Function|constructor|with)\b/

/** To look through a longer text for two dozen names takes longer than to define them. */
const longSource = 100_000
