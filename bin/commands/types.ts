import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { scriptDeclarations } from '../../runtime/authoring/declarations.ts'
import { UsageError } from '../../runtime/model/usage-error.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { type GlobalOptions, readSettings } from '../settings.ts'
import { print, printJson, say } from '../streams.ts'

/** Prints the declarations of everything that scripts have, or writes them to a file. */
export function types(options: GlobalOptions & { readonly out?: string }): ExitCode {
  const { json } = readSettings(options)
  const declarations = scriptDeclarations()
  const file = options.out === undefined ? null : resolve(options.out)
  if (file !== null) write(file, declarations)
  if (json) printJson(file === null ? { declarations } : { file })
  else if (file === null) print(declarations.trimEnd())
  else
    say(
      `Wrote ${file}. Editors find it beside the scripts, or by the \`include\` of a tsconfig.json.`,
    )
  return exitCodes.success
}

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text)
  } catch (cause) {
    throw new UsageError('entityInvalid', `Cannot write ${file}`, {
      cure: 'Name a file in a folder that is there.',
      cause,
    })
  }
}
