import type { HookJob } from '../../model/ports.ts'
import type { HookHeader } from '../protocol.ts'
import type { Library } from './libraries.ts'
import { mayLinger, mentionedGlobals } from './mentioned.ts'

/** What is sent for a hook, and what is kept back until it is asked for. */
export type HookFrame = {
  readonly header: HookHeader
  readonly texts: readonly string[]
  /** JSON of the large globals, by their position in the header. */
  readonly deferred: Map<unknown, string>
}

export function hookFrame(
  job: HookJob,
  { hookMs, libraries }: { readonly hookMs: number; readonly libraries: readonly Library[] },
): HookFrame {
  const { connection, event, scripts } = job
  const globals = mentionedGlobals(job).map((global) => ({ ...global, deferred: isLarge(global) }))
  const sources = scripts.map(({ source }) => source)
  const small = globals.filter(({ deferred }) => !deferred).map(({ json }) => json)
  return {
    header: {
      kind: 'hook',
      connection: `${connection.tenant} ${connection.id}`,
      event,
      hookMs,
      mayLinger: mayLinger(job),
      scripts: scripts.map(({ level, file }) => ({ level, file })),
      order: orderOf(job),
      globals: globals.map(({ json: _text, ...header }) => header),
      libraries: libraries.map(({ name }) => name),
    },
    texts: [...sources, ...small],
    deferred: new Map(
      globals.flatMap(({ deferred, json }, index) => (deferred ? [[index, json]] : [])),
    ),
  }
}

/** Most hooks look at a part of what they are given; to move and copy 1 MB costs more than they do. */
function isLarge({ json }: { readonly json: string }): boolean {
  return json.length > 64 * 1024
}

/** Dialect section 14, 1: positions of the scripts, in the order in which their handlers are called. */
function orderOf({ event, scripts }: HookJob): readonly number[] {
  const levels = event.startsWith('before_')
    ? ['method', 'connector', 'step']
    : ['connector', 'method', 'step']
  return levels.flatMap((level) =>
    scripts.flatMap((script, index) => (script.level === level ? [index] : [])),
  )
}
