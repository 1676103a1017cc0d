import { knownErrorTypes } from './error-types.ts'
import type { HandlerFault } from './faults.ts'
import { type Shadow, shadowedHandlers } from './match.ts'
import type { App, FindComponent } from './types.ts'
import { validate } from './validate.ts'

/** True where that connector is installed and has that method. */
export type HasMethod = (connector: string, method: string) => boolean

export type AppCheck = {
  /** Warnings: outside of a save they stop nothing. */
  readonly faults: readonly HandlerFault[]
  /** Handlers that no error can reach. */
  readonly shadows: readonly Shadow[]
  /** Flows that call what is not there. */
  readonly flows: readonly { readonly name: string; readonly message: string }[]
}

/** Holds an app against what is installed, as after a change of something it depends on. */
export function checkApp(
  app: App,
  { component, hasMethod }: { readonly component: FindComponent; readonly hasMethod: HasMethod },
): AppCheck {
  const faults = validate(app.errorHandlers, {
    group: app.group,
    sources: sourcesOf(app, hasMethod),
    errorTypes: knownErrorTypes(app),
    component,
    groups: null,
  })
  return {
    faults,
    shadows: shadowedHandlers(app.errorHandlers),
    flows: app.flows.flatMap(({ name, body }) =>
      body.kind === 'call' && !hasMethod(body.connector, body.method)
        ? [{ name, message: `there is no method ${body.connector}.${body.method}` }]
        : [],
    ),
  }
}

/** The names that errors of an app may come from. One that stands for a removed method is gone. */
export function sourcesOf(app: App, hasMethod: HasMethod): ReadonlySet<string> {
  return new Set(
    app.sources
      .filter(({ stands }) => stands === null || hasMethod(stands.connector, stands.method))
      .map(({ name }) => name),
  )
}
