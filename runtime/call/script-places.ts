/** Where a script failed, in the words of its author: for failures and for people. */
import { whereaboutsOf } from '../bundle/place.ts'
import { codeFrame, type SourcePosition } from '../bundle/source-map.ts'
import type { Script } from '../model/connector.ts'
import { CallFailure, type FailureDetail } from '../model/failure.ts'

type Places = Pick<FailureDetail, 'position' | 'thrownIn' | 'frame'>

/** What the places of scripts as they ran, innermost first, are to their author. */
export function placesInWords(positions: readonly string[], scripts: readonly Script[]): Places {
  const found = whereaboutsOf(positions, scripts)
  if (found === null) return {}
  const { place, thrownIn } = found
  const frame = codeFrame(place.source, place.line, place.column)
  return {
    position: inWords(place),
    ...(thrownIn === null ? {} : { thrownIn: inWords(thrownIn) }),
    ...(frame === '' ? {} : { frame }),
  }
}

/** A failure of the sandbox's own, such as a timeout, with its place as the author knows it. */
export async function inAuthorsPlaces<Result>(
  running: Promise<Result>,
  scripts: readonly Script[],
): Promise<Result> {
  try {
    return await running
  } catch (error) {
    if (!(error instanceof CallFailure) || error.position === undefined) throw error
    const { type, message, reason } = error
    throw new CallFailure(type, message, {
      ...(reason === undefined ? {} : { reason }),
      ...placesInWords([error.position], scripts),
    })
  }
}

function inWords({ file, line, column }: SourcePosition): string {
  return `${file}:${line}:${column}`
}
