import { failureTypes } from '../model/failure.ts'
import { omiliaErrorTypes } from './omilia-error-types.ts'
import type { App } from './types.ts'

/** Every type that a handler of this app may select: ours, the documented names, the app's own. */
export function knownErrorTypes({ errorTypes }: Pick<App, 'errorTypes'>): ReadonlySet<string> {
  return new Set([...Object.keys(failureTypes), ...omiliaErrorTypes, ...errorTypes])
}
