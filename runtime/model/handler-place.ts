import type { HookEvent } from './ports.ts'

/** Scripts are by strangers: what they mention over and over is not followed for ever. */
const mostMentions = 50

/**
 * Where a source defines the handler of an event, as `line:column` counted from 1; null where it does
 * so in no plain way. Read as text, which is good enough to lead a person there.
 */
export function handlerPlace(source: string, event: HookEvent): string | null {
  const definition = new RegExp(
    String.raw`\bfunction\b[\s*]*\b${event}\b|\b(?:var|let|const|class)\s+${event}\b|\b${event}\s*=(?![=>])`,
    'g',
  )
  let mentions = 0
  for (const { index } of source.matchAll(definition)) {
    if (++mentions > mostMentions) return null
    const start = source.lastIndexOf('\n', index - 1) + 1
    if (/\/\/|^\s*\*/.test(source.slice(start, index))) continue
    const line = source.slice(0, index).split('\n').length
    return `${line}:${index - start + 1}`
  }
  return null
}
