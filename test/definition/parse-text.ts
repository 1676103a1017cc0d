import { DefinitionError, printFault } from '../../runtime/definition/faults.ts'
import { type ParsedConnector, parseConnector } from '../../runtime/definition/parse.ts'

/** Parses a connector file of a folder `acme` with the given scripts beside it. */
export function parse(
  text: string,
  scripts: Readonly<Record<string, string>> = {},
): ParsedConnector {
  return parseConnector({
    text,
    file: 'connector.yaml',
    folderName: 'acme',
    readScript: (path) => scripts[path] ?? null,
  })
}

/** The faults of a connector file, printed; throws where it has none. */
export function faultsOf(
  text: string,
  scripts: Readonly<Record<string, string>> = {},
): readonly string[] {
  try {
    parse(text, scripts)
  } catch (error) {
    if (error instanceof DefinitionError) return error.message.split('\n')
    throw error
  }
  throw new Error('the file has no fault')
}

/** The warnings of a connector file, printed. */
export function warningsOf(
  text: string,
  scripts: Readonly<Record<string, string>> = {},
): readonly string[] {
  return parse(text, scripts).warnings.map(printFault)
}
