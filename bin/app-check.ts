import { basename } from 'node:path'
import { DefinitionError, type DefinitionFault } from '../runtime/definition/faults.ts'
import { readWithin } from '../runtime/definition/folder.ts'
import { readYaml } from '../runtime/definition/yaml.ts'
import { type AppFolder, openAppFolder } from '../runtime/route/app-folder.ts'
import { type AppCheck, checkApp, type HasMethod } from '../runtime/route/check.ts'
import { describeFault } from '../runtime/route/faults.ts'
import type { App } from '../runtime/route/types.ts'
import type { CheckedConnector } from './commands/check.ts'

/**
 * What is wrong, or doubtful, in each app of a folder. What an app refers to and is not there makes
 * a warning: the app works without it, and its error goes to the default handler.
 */
export function checkApps(folder: string, hasMethod: HasMethod): readonly CheckedConnector[] {
  const apps = openAppFolder(folder)
  return apps.ids().map((id) => checkOne(id, apps, hasMethod))
}

function checkOne(id: string, apps: AppFolder, hasMethod: HasMethod): CheckedConnector {
  const checked = { folder: apps.path, name: `${basename(apps.path)}/${id}` }
  try {
    const app = apps.read(id)
    if (!app) return { ...checked, faults: [], warnings: [] }
    const found = checkApp(app, { component: apps.componentsFor(app), hasMethod })
    return { ...checked, faults: [], warnings: warningsOf(app, found, apps) }
  } catch (error) {
    if (!(error instanceof DefinitionError)) throw error
    return { ...checked, faults: error.faults, warnings: [] }
  }
}

function warningsOf(app: App, check: AppCheck, apps: AppFolder): readonly DefinitionFault[] {
  const file = `${app.id}.yaml`
  const { positionOf } = readYaml(readWithin(apps.path, file) ?? '', file)
  const warning = (path: readonly (string | number)[], where: string, message: string) => ({
    ...{ file, ...positionOf(path), path: where, message, expected: null },
  })
  return [
    ...check.faults.map((fault) => {
      const { location, code } = fault
      const index = location.split('/')[1] ?? ''
      const path = index === '' ? ['error_handlers'] : ['error_handlers', Number(index)]
      return warning(path, location, `${code}: ${describeFault(fault)}`)
    }),
    ...check.flows.map(({ name, message }) => warning(['flows', name], `flows.${name}`, message)),
    ...check.shadows.map(({ index, by }) =>
      warning(
        ['error_handlers', index],
        `error_handlers/${index}`,
        `never reached: error_handlers/${by} takes all of its errors`,
      ),
    ),
  ]
}
