import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import { parseApp } from '../../runtime/route/app-file.ts'
import { componentFinder } from '../../runtime/route/app-folder.ts'
import { sourcesOf } from '../../runtime/route/check.ts'
import { knownErrorTypes } from '../../runtime/route/error-types.ts'
import type { App, ErrorHandler } from '../../runtime/route/types.ts'
import type { ValidationContext } from '../../runtime/route/validate.ts'

export type Documented<Item> = readonly Item[]

/** A file of the documentation's own examples. */
export function documented<Item>(name: string): Documented<Item> {
  const file = new URL(`../fixtures/omilia/${name}`, import.meta.url)
  return JSON.parse(readFileSync(file, 'utf8')) as Documented<Item>
}

/** An app with everything that the documentation's example list refers to. */
export const exampleApp = `
group: flowteam
sources:
  - error-sources-here
  - ZipCode
  - My_Intelli_miniApp
  - { connector: crm, method: contacts.get }
flows:
  flow_name:
    component_id: uuid.flow_name.Flows.orc.flowteam
    source: |
      function handle(error) { return { seen: error.type } }
  three_inputs:
    component_id: 111111.111111.111111.11111.111111
    input_fields: [input_1, input_2, input_3]
    output_fields: [id]
    call: { connector: slack, method: post_message, connection: team }
`

const otherApp = `
group: elsewhere
flows:
  theirs:
    component_id: uuid.theirs.Flows.orc.elsewhere
    source: function handle() {}
`

export function appFrom(text: string, id = 'support'): App {
  return parseApp({ id, file: `${id}.yaml`, text, readScript: () => null })
}

/** What the example app's lists are held against. */
export function contextOf(
  app: App = appFrom(exampleApp),
  context: Partial<ValidationContext> = {},
): ValidationContext {
  const others = [app, appFrom(otherApp, 'other')]
  return {
    group: app.group,
    sources: sourcesOf(app, () => true),
    errorTypes: knownErrorTypes(app),
    component: componentFinder(app, () => others),
    groups: null,
    ...context,
  }
}

export const theDefault: ErrorHandler = { handler: { component_id: '' } }

export function to(component_id: string, rest: Omit<ErrorHandler, 'handler'> = {}): ErrorHandler {
  return { ...rest, handler: { component_id } }
}

/** A folder with these files that is gone after the test. */
export function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'hookline-apps-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return folder
}
