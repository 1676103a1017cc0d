import type { ConnectionInput, ImportedTokens } from '../../../runtime/index.ts'
import type { Connection } from '../../../runtime/model/connection.ts'
import { isJsonObject, type JsonObject } from '../../../runtime/model/json.ts'
import { UsageError } from '../../../runtime/model/usage-error.ts'
import { type ExitCode, exitCodes } from '../../exit-codes.ts'
import { readObject } from '../../input.ts'
import { findConnector } from '../../names.ts'
import { openRuntime } from '../../open.ts'
import { connectionReport } from '../../print/connection.ts'
import { mayReplace } from '../../replace.ts'
import { type GlobalOptions, readSettings } from '../../settings.ts'
import { printJson, say } from '../../streams.ts'

export type ImportOptions = GlobalOptions & {
  readonly name: string
  readonly connector: string
  readonly file: string
  readonly replace?: boolean
}

/** Stores what was obtained elsewhere. Throws `UsageError` for a file that says something else. */
export async function importConnection(options: ImportOptions): Promise<ExitCode> {
  const settings = readSettings(options)
  const given = readCredential(await readObject(options.file))
  await using runtime = await openRuntime(settings)
  const { name: connector } = await findConnector(options.connector, runtime.connectors)
  const ref = { tenant: settings.tenant, connection: options.name }
  const replace = await mayReplace(await runtime.connections.get(ref), {
    said: options.replace ?? false,
    canAsk: options.file !== '-',
  })
  const connection = await runtime.connections.import({ ...ref, ...given, connector, replace })
  report(connection, settings.json)
  return exitCodes.success
}

function report(connection: Connection, json: boolean): void {
  if (json) {
    printJson(connectionReport(connection))
    return
  }
  say(`Imported ${connection.id}, a connection to ${connection.connector}.`)
}

type Given = Pick<ConnectionInput, 'key' | 'username' | 'password' | 'properties' | 'tokens'>

/**
 * Reads the fields of a token answer (RFC 6749 section 5.1) and of the other schemes. What else the
 * answer holds (`token_type`, an id token) is left out. No message repeats a value.
 */
function readCredential(file: JsonObject): Given {
  refuseWithoutAny(file)
  const key = textIn(file, 'key')
  const username = textIn(file, 'username')
  const password = textIn(file, 'password')
  const properties = readProperties(file)
  const tokens = readTokens(file)
  return {
    ...(key === undefined ? {} : { key }),
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(properties === undefined ? {} : { properties }),
    ...(Object.keys(tokens).length === 0 ? {} : { tokens }),
  }
}

const fields = [
  'access_token',
  'refresh_token',
  'expires_in',
  'scope',
  'key',
  'username',
  'password',
  'properties',
]

/** A file that says nothing we know would make a connection that looks sound and has no credential. */
function refuseWithoutAny(file: JsonObject): void {
  const names = Object.keys(file)
  if (names.length === 0 || names.some((name) => fields.includes(name))) return
  throw new UsageError('entityInvalid', 'The imported file has none of the fields that are read', {
    cure: `They are ${fields.join(', ')}.`,
  })
}

function readTokens(file: JsonObject): ImportedTokens {
  const accessToken = textIn(file, 'access_token')
  const refreshToken = textIn(file, 'refresh_token')
  const expiresIn = secondsIn(file, 'expires_in')
  const scope = textIn(file, 'scope')
  return {
    ...(accessToken === undefined ? {} : { accessToken }),
    ...(refreshToken === undefined ? {} : { refreshToken }),
    ...(expiresIn === undefined ? {} : { expiresIn }),
    ...(scope === undefined ? {} : { scope }),
  }
}

function readProperties({ properties }: JsonObject): Readonly<Record<string, string>> | undefined {
  if (properties === undefined || properties === null) return undefined
  if (!isJsonObject(properties)) throw wrong('properties', 'an object of names and texts')
  for (const name of Object.keys(properties)) textIn(properties, name)
  return properties as Readonly<Record<string, string>>
}

function textIn(file: JsonObject, name: string): string | undefined {
  const value = file[name] ?? undefined
  if (value === undefined || typeof value === 'string') return value
  throw wrong(name, 'a text')
}

/** Some vendors send the number as a text. */
function secondsIn(file: JsonObject, name: string): number | undefined {
  const value = file[name] ?? undefined
  if (value === undefined || typeof value === 'number') return value
  if (typeof value === 'string' && /^\d+$/.test(value)) return Number(value)
  throw wrong(name, 'a number of seconds')
}

function wrong(name: string, expected: string): UsageError {
  return new UsageError('entityInvalid', `In the imported file, \`${name}\` is not ${expected}`)
}
