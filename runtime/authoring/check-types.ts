/**
 * Types of scripts, checked by TypeScript against the declarations of this runtime. Each method's
 * script is checked together with the connector's, as they share one scope; two methods never meet.
 */
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative, resolve } from 'node:path'
import type { DefinitionFault } from '../definition/faults.ts'
import type { Connector, Script } from '../model/connector.ts'
import { scriptDeclarations } from './declarations.ts'
import { eventFact } from './events.ts'
import { runTypeScript, type TypeScript } from './typescript.ts'

export type TypedScripts = { readonly folder: string; readonly connector: Connector }

/** Every type error, in the order of their places. Writes nothing but a temporary folder. */
export async function typeErrors(
  { folder, connector }: TypedScripts,
  typescript: TypeScript,
): Promise<readonly DefinitionFault[]> {
  const groups = scriptGroups(connector)
  if (groups.length === 0) return []
  const home = realpathSync(folder)
  const workshop = realpathSync(mkdtempSync(join(tmpdir(), 'hookline-types-')))
  try {
    const declarations = join(workshop, 'hookline.d.ts')
    writeFileSync(declarations, scriptDeclarations())
    const found: DefinitionFault[] = []
    for (const [index, group] of groups.entries()) {
      const files = [declarations, ...group.map(({ file }) => join(home, file))]
      const configuration = join(workshop, `${index}.json`)
      const paths = { 'hookline/types': [declarations] }
      const options = { ...compilerOptions, paths }
      writeFileSync(configuration, JSON.stringify({ compilerOptions: options, files, include: [] }))
      found.push(...readErrors(await runTypeScript(typescript, configuration), home))
    }
    return distinct(found)
  } finally {
    rmSync(workshop, { recursive: true, force: true })
  }
}

/** Authors of JavaScript declare no types, so what has none is taken as it comes. */
const compilerOptions = {
  allowJs: true,
  checkJs: true,
  noEmit: true,
  target: 'es2024',
  lib: ['es2024'],
  types: [],
  module: 'preserve',
  moduleResolution: 'bundler',
  allowImportingTsExtensions: true,
  strict: true,
  noImplicitAny: false,
  useUnknownInCatchVariables: false,
  skipLibCheck: true,
}

/** What is evaluated together; the connector's script alone where no method has one. */
function scriptGroups({ script, methods }: Connector): readonly (readonly Script[])[] {
  const own = script === null ? [] : [script]
  const files = new Map(
    [...methods.values()].flatMap((method) =>
      method.script ? [[method.script.file, method.script]] : [],
    ),
  )
  if (files.size === 0) return own.length === 0 ? [] : [own]
  return [...files.values()].map((one) => [...own, one])
}

const errorLine = /^(.+?)\((\d+),(\d+)\): error (TS\d+): (.*)$/

/** Errors outside of the connector's folder are not its author's, and name places of the host. */
function readErrors(output: string, home: string): readonly DefinitionFault[] {
  return output.split(/\r?\n/).flatMap((text) => {
    const [, path = '', line, column, code = '', message = ''] = errorLine.exec(text) ?? []
    const file = relative(home, resolve(path)).replaceAll('\\', '/')
    if (path === '' || file.startsWith('..') || file.includes('node_modules/')) return []
    if (meetsItself(code, message)) return []
    const place = { file, line: Number(line), column: Number(column), path: '' }
    return [{ ...place, message: `${withoutHost(message, home)} (${code})`, expected: null }]
  })
}

/** A message may quote where the compiler found something: an author's own places stay. */
function withoutHost(message: string, home: string): string {
  return message
    .replaceAll(`${home}/`, '')
    .replaceAll(
      /(['"])(?:\/|[A-Za-z]:[\\/])[^'"]*?(node_modules\/[^'"]*)?\1/g,
      (_, mark, name = '…') => {
        return `${mark}${name}${mark}`
      },
    )
}

/** Each level may have a handler of the same event; to TypeScript they are one function twice. */
function meetsItself(code: string, message: string): boolean {
  if (code === 'TS2393') return true
  const name = /'(\w+)'/.exec(message)?.[1] ?? ''
  return (code === 'TS2300' || code === 'TS2451') && eventFact(name) !== null
}

function distinct(faults: readonly DefinitionFault[]): readonly DefinitionFault[] {
  return [...new Map(faults.map((one) => [JSON.stringify(one), one])).values()].toSorted(
    (one, other) =>
      one.file.localeCompare(other.file) || one.line - other.line || one.column - other.column,
  )
}
