import { nearest } from '../../runtime/model/nearest.ts'
import { UsageError } from '../../runtime/model/usage-error.ts'
import { type AppFolder, openAppFolder } from '../../runtime/route/app-folder.ts'
import { knownErrorTypes } from '../../runtime/route/error-types.ts'
import { type Considered, route } from '../../runtime/route/match.ts'
import { type App, componentOf } from '../../runtime/route/types.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { paintOut } from '../print/paint.ts'
import { routeText } from '../print/route.ts'
import { type GlobalOptions, readSettings, type Settings } from '../settings.ts'
import { print, printJson } from '../streams.ts'

export type RouteOptions = GlobalOptions & {
  /** May be left out where there is only one. */
  readonly app?: string
  readonly type: string
  readonly source: string
}

/** What `route --json` prints. */
export type RouteReport = {
  readonly app: string
  readonly type: string
  readonly source: string
  /** True where the app’s file lists that source. */
  readonly isKnownSource: boolean
  /** Null where nothing takes the error. */
  readonly index: number | null
  readonly isDefault: boolean
  /** Of the handler that takes it; null where that one is empty, or there is none. */
  readonly componentId: string | null
  readonly reason: string
  readonly considered: readonly (Considered & { readonly componentId: string | null })[]
}

/** Says which handler of an app would take an error, and why not the others. Runs nothing. */
export function explainRoute({ type, source, ...options }: RouteOptions): ExitCode {
  const settings = readSettings(options)
  const app = findApp(options.app, openApps(settings))
  demandType(type, app)
  const found = route(app.errorHandlers, { type, source })
  const considered = found.considered.map((each) => ({
    ...each,
    componentId: componentAt(app, each.index),
  }))
  const report: RouteReport = {
    ...{ app: app.id, type, source, ...found, considered },
    isKnownSource: app.sources.some(({ name }) => name === source),
    componentId: found.index === null ? null : componentAt(app, found.index),
  }
  if (settings.json) printJson(report)
  else print(routeText(report, paintOut))
  return exitCodes.success
}

function componentAt(app: App, index: number): string | null {
  return componentOf(app.errorHandlers[index] ?? {}) || null
}

/** Throws `UsageError` where no folder of apps is known. */
function openApps({ apps }: Settings): AppFolder {
  if (apps !== null) return openAppFolder(apps)
  throw new UsageError('entityMissing', 'There is no folder of apps', {
    cure: 'Run hookline where `apps/` is, or name the folder with --apps <folder>.',
  })
}

function findApp(id: string | undefined, apps: AppFolder): App {
  const ids = apps.ids()
  const [only, another] = ids
  const wanted = id ?? (another === undefined ? only : undefined)
  if (wanted === undefined) {
    throw new UsageError('missingFields', 'Say which app', {
      cure: ids.length === 0 ? `There is none in ${apps.path}.` : `There are: ${ids.join(', ')}.`,
    })
  }
  const app = apps.read(wanted)
  if (app) return app
  const meant = nearest(wanted, ids)
  throw new UsageError('entityMissing', `There is no app \`${wanted}\` in ${apps.path}`, {
    cure: meant === null ? `There are: ${ids.join(', ')}.` : `Did you mean \`${meant}\`?`,
  })
}

function demandType(type: string, app: App): void {
  const known = knownErrorTypes(app)
  if (known.has(type)) return
  const meant = nearest(type, known)
  throw new UsageError('entityInvalid', `\`${type}\` is no type of error that ${app.id} knows`, {
    cure:
      meant === null
        ? 'Runtime types are such as Timeout and HttpError; an app adds its own in error_types.'
        : `Did you mean \`${meant}\`?`,
  })
}
