import { handlerPlace } from '../../model/handler-place.ts'
import type { HookJob, LeveledScript } from '../../model/ports.ts'

/** Where the handlers are written, for what has no place of its own: ` of scripts/main.js`. */
export function filesOfHandlers(job: HookJob): string {
  const files = definers(job).map(({ file }) => file)
  return files.length === 0 ? '' : ` of ${[...new Set(files)].join(' and ')}`
}

/**
 * The place of a level's handler, or of the only one there is: `file:line:column` of the script as it
 * ran. Null where more than one can be meant.
 */
export function placeOfHandler(job: HookJob, level: string | null): string | null {
  const meant = definers(job).filter((script) => level === null || script.level === level)
  const [only] = meant
  if (only === undefined || meant.length > 1) return null
  const place = handlerPlace(only.source, job.event)
  return place === null ? null : `${only.file}:${place}`
}

function definers({ event, scripts }: HookJob): readonly LeveledScript[] {
  const defining = scripts.filter(({ source }) => handlerPlace(source, event) !== null)
  return defining.length > 0 ? defining : scripts.filter(({ source }) => source.includes(event))
}
