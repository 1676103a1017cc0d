/** What a command is given: parameters on its line, and JSON in files. */
import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { isJsonObject, type Json, type JsonObject, parseJson } from '../runtime/model/json.ts'
import { UsageError } from '../runtime/model/usage-error.ts'
import { jsonErrorPlace } from './json-place.ts'

/** `key=value` is a text, `key:=json` is JSON. Throws `UsageError` for any other form. */
export function readParameters(words: readonly string[] = []): JsonObject {
  return Object.fromEntries(words.map(readParameter))
}

function readParameter(word: string): readonly [string, Json] {
  const [, name = '', sign = '', value = ''] = /^([^=]*?)(:?=)(.*)$/s.exec(word) ?? []
  if (name === '') {
    throw new UsageError('entityInvalid', 'A parameter is written as key=value, or key:=json', {
      cure: 'As in -p name=Ada -p limit:=10.',
    })
  }
  return [name, sign === '=' ? value : parse(value, `The value of \`${name}\``)]
}

/** Reads a JSON object from a file, or from stdin where it is named `-`. */
export async function readObject(file: string): Promise<JsonObject> {
  const place = file === '-' ? 'What came from stdin' : `The file ${file}`
  const content = parse(file === '-' ? await text(process.stdin) : await readText(file), place)
  if (isJsonObject(content)) return content
  throw new UsageError('entityInvalid', `${place} is not a JSON object`, {
    cure: 'It must begin with { and end with }.',
  })
}

/** Throws `UsageError` where the file cannot be read. */
export async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    const { code = 'unknown error' } = cause as NodeJS.ErrnoException
    const problem = code === 'ENOENT' ? `There is no file ${file}` : `Cannot read ${file} (${code})`
    throw new UsageError('entityMissing', problem, { cause })
  }
}

/** What JSON.parse says quotes the text, which may be a secret; so it is not passed on. */
function parse(content: string, place: string): Json {
  try {
    return parseJson(content.replace(/^\ufeff/, ''))
  } catch {
    const { line, column } = jsonErrorPlace(content)
    const message = `${place} is not JSON: it breaks off at line ${line}, column ${column}`
    throw new UsageError('entityInvalid', message)
  }
}
