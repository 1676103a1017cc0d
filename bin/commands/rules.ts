import { openCatalogue } from '../../runtime/definition/catalogue.ts'
import type { Connector, Method } from '../../runtime/model/connector.ts'
import { asMethodName } from '../../runtime/model/ids.ts'
import { isJsonObject, type Json, type JsonObject } from '../../runtime/model/json.ts'
import { nearest } from '../../runtime/model/nearest.ts'
import { UsageError } from '../../runtime/model/usage-error.ts'
import { explainRules, type RuleExplanation } from '../../runtime/rules/explain.ts'
import type { RuleResponse } from '../../runtime/rules/path.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { readObject } from '../input.ts'
import { demandMethod, findConnector } from '../names.ts'
import { paintOut } from '../print/paint.ts'
import { rulesText } from '../print/rules.ts'
import { consequenceOf } from '../rule-consequence.ts'
import { demandConnectors, type GlobalOptions, readSettings } from '../settings.ts'
import { print, printJson } from '../streams.ts'

export type RulesTestOptions = GlobalOptions & {
  readonly connector: string
  readonly method: string
  /** A file with `{ "status": 200, "headers": {}, "content": … }`; `-` for stdin. */
  readonly response: string
}

/** What `rules test --json` prints. */
export type RulesReport = {
  readonly connector: string
  readonly method: string
  readonly status: number
  /** Each rule in the order in which they are read, down to its conditions. */
  readonly rules: readonly RuleExplanation[]
  /** Position in `rules` of the one that decides; null where none matches. */
  readonly decides: number | null
  /** What the runtime would do with this response. */
  readonly consequence: string
}

/** Holds a response against the rules of a method and says what each of them makes of it. */
export async function testRules(options: RulesTestOptions): Promise<ExitCode> {
  const settings = readSettings(options)
  demandConnectors(settings)
  const connector = await findConnector(options.connector, openCatalogue(settings.connectors))
  demandMethod(options.method, connector)
  const method = connector.methods.get(asMethodName(options.method))
  if (!method) throw new TypeError('the method was there a moment ago')
  const response = readResponse(await readObject(options.response))
  const report = reportOf({ connector, method, response })
  if (settings.json) printJson(report)
  else print(rulesText(report, paintOut))
  return exitCodes.success
}

type Trial = {
  readonly connector: Connector
  readonly method: Method
  readonly response: RuleResponse
}

function reportOf({ connector, method, response }: Trial): RulesReport {
  const rules = explainRules({ method: method.errors, connector: connector.errors }, response)
  const decides = rules.findIndex((rule) => rule.decides)
  return {
    connector: connector.name,
    method: method.name,
    status: response.status,
    rules,
    decides: decides < 0 ? null : decides,
    consequence: consequenceOf({ connector, method, response, rules }),
  }
}

const fields = ['status', 'headers', 'content', 'body']

function readResponse(file: JsonObject): RuleResponse {
  for (const key of Object.keys(file)) {
    if (!fields.includes(key)) throw wrong(`There is no field \`${key}\` in a response`, key)
  }
  const { status = 200, headers = {}, content = null, body = content } = file
  if (typeof status !== 'number' || !Number.isInteger(status) || status < 100 || status > 599) {
    throw wrong('The status must be a number from 100 to 599')
  }
  if (!isJsonObject(headers)) throw wrong('The headers must be an object')
  return { status, headers: lowerCase(headers), content: body }
}

/** As the runtime has them; a number that somebody wrote without quotes is what was meant. */
function lowerCase(headers: JsonObject): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]: readonly [string, Json]) => {
      if (typeof value === 'string' || typeof value === 'number') {
        return [name.toLowerCase(), String(value)]
      }
      throw wrong(`The header \`${name}\` must be a text`)
    }),
  )
}

function wrong(message: string, key?: string): UsageError {
  const meant = key === undefined ? null : nearest(key, fields)
  return new UsageError('entityInvalid', message, {
    cure:
      meant === null
        ? 'Write it as { "status": 200, "headers": {}, "content": … }; content is the body.'
        : `Did you mean \`${meant}\`?`,
  })
}
