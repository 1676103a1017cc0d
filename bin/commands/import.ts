import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { importConnector } from '../../runtime/authoring/import/definition.ts'
import type { Note } from '../../runtime/authoring/import/exported.ts'
import { isName } from '../../runtime/model/ids.ts'
import { UsageError } from '../../runtime/model/usage-error.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { readObject } from '../input.ts'
import { type GlobalOptions, readSettings } from '../settings.ts'
import { oneLine, printJson, say } from '../streams.ts'

export type ImportDefinitionOptions = GlobalOptions & {
  readonly file: string
  readonly as?: string
  readonly baseUrl?: string
  readonly replace?: boolean
}

/** Writes the connector that an exported definition makes, and tells what it lost. */
export async function importDefinition(options: ImportDefinitionOptions): Promise<ExitCode> {
  const settings = readSettings(options)
  const { as, baseUrl } = options
  if (as !== undefined) demandName(as)
  const imported = importConnector(await readObject(options.file), {
    ...(as === undefined ? {} : { name: as }),
    ...(baseUrl === undefined ? {} : { baseUrl }),
  })
  const folder = join(settings.connectors, imported.name)
  demandRoom(folder, options.replace ?? false)
  for (const [path, text] of imported.files) write(join(folder, path), text)
  const { name, notes, methods } = imported
  const files = [...imported.files.keys()]
  if (settings.json) printJson({ name, folder, files, methods, notes })
  else say(reportText({ name, folder: relative('', folder) || '.', methods, files, notes }))
  return exitCodes.success
}

function demandName(name: string): void {
  if (isName(name)) return
  throw new UsageError('entityInvalid', `\`${name}\` cannot be the name of a connector`, {
    cure: 'Use letters, digits, `.`, `_`, `@` and `-`.',
  })
}

function demandRoom(folder: string, mayReplace: boolean): void {
  if (!existsSync(folder) || mayReplace) return
  throw new UsageError('entityInvalid', `There is already a connector in ${folder}`, {
    cure: 'Take another name with --as <name>, or add --replace.',
  })
}

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}

type Report = {
  readonly name: string
  readonly folder: string
  readonly methods: number
  readonly files: readonly string[]
  readonly notes: readonly Note[]
}

function reportText({ name, folder, methods, files, notes }: Report): string {
  const scripts = files.length - 1
  const count = (number: number, what: string) => `${number} ${what}${number === 1 ? '' : 's'}`
  return [
    `Imported ${name} to ${folder}: ${count(methods, 'method')}, ${count(scripts, 'script')}.`,
    ...(notes.length === 0 ? [] : ['Not carried over:']),
    ...notes.map(({ path, message }) => `  ${oneLine(path)}: ${oneLine(message)}`),
    `Next: hookline check ${name}`,
  ].join('\n')
}
