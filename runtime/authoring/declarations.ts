/** The ambient declarations for scripts: what an editor completes with, and `check` has TypeScript use. */
import { events } from './events.ts'
import { exceptionNames, functions } from './functions.ts'
import { type GlobalFact, globals } from './globals.ts'

/** A module with global declarations, so that it can be included and be imported from. */
export function scriptDeclarations(): string {
  return [
    head,
    types,
    eventsInterface(),
    'declare global {',
    indented(
      [...globals.map(globalDeclaration), ...functionDeclarations(), ...libraries].join('\n'),
    ),
    '}',
    '',
  ].join('\n')
}

const head = `// biome-ignore-all lint: written by a program
// biome-ignore-all format: written by a program
/**
 * What Hookline gives to connector scripts, for editors and TypeScript. Written by
 * \`hookline types\`; do not edit it. A script is JavaScript of 2024 without a DOM and without Node:
 * say \`"lib": ["es2024"]\` and \`"types": []\` in its tsconfig.json.
 */
`

const types = `/** Name → text, found by any case of the name. */
export type Headers = Record<string, string>

/** What \`after_error\` reads, and may change. */
export interface MethodError {
  /** Null where no answer came. */
  readonly statusCode: number | null
  readonly reasonPhrase: string | null
  /** The body as text. With \`isSuccess\` it is the result, read by the method’s format. */
  content: string
  /** The body’s \`error\`, else the text of the rule that matched, else why no answer came. */
  readonly error: any
  readonly type: string
  isError: boolean
  isWarning: boolean
  isSuccess: boolean
}

export interface HttpRequest {
  /** GET unless said. */
  method?: string
  /** Within the connector’s origins. */
  url: string
  parameters?: Record<string, any>
  headers?: Record<string, string>
  /** Sent as it is: make JSON of it yourself. */
  data?: string
}

export interface HttpResponse {
  readonly status_code: number
  readonly headers: Headers
  readonly content: string
  readonly request: HttpRequest
}

export type Charset =
  | 'ASCII'
  | 'ISO-8859-1'
  | 'UTF-7'
  | 'UTF-8'
  | 'UTF-16'
  | 'UTF-16LE'
  | 'UTF-16BE'
  | 'UTF-32'
  | 'UTF-32LE'
  | 'UTF-32BE'
  | (string & {})

export type SignAlgorithm =
  | 'HMAC-SHA1'
  | 'HMAC-SHA256'
  | 'HMAC-SHA512'
  | 'RSA-SHA1'
  | 'RSA-SHA224'
  | 'RSA-SHA256'
  | 'RSA-SHA384'
  | 'RSA-SHA512'

/** A hook: synchronous, without arguments. Only a strict \`false\` is a no. */
export type Handler = () => boolean | void

/** Ends the hook, renews the credential, and replays the call from \`before_action\`. */
interface AuthException extends Error {}
interface AuthExceptionConstructor {
  new (message?: string): AuthException
  (message?: string): AuthException
  readonly prototype: AuthException
}
`

/** One entry for each event: the globals that its handlers find, read-only where a change is lost. */
function eventsInterface(): string {
  const entries = events.map(({ name, runs, onFalse }) => {
    const members = globals
      .filter(({ readIn }) => readIn.includes(name))
      .map((one) => `${one.writtenIn.includes(name) ? '' : 'readonly '}${one.name}: ${one.type}`)
    return `/** Runs ${runs}. False: ${onFalse}. */\n${name}: {\n${indented(members.join('\n'))}\n}`
  })
  return `/** What the handlers of each event find. */\nexport interface Events {\n${indented(entries.join('\n'))}\n}\n`
}

/** What no event writes is declared as a constant: to assign it would be lost. */
function globalDeclaration(fact: GlobalFact): string {
  const { name, type, doc, readIn, writtenIn } = fact
  const changed = writtenIn.length > 0 ? `\n *\n * Changed in ${writtenIn.join(', ')}.` : ''
  const comment = `/**\n * ${doc}\n *\n * Read in ${readIn.join(', ')}.${changed}\n */`
  return `${comment}\n${writtenIn.length > 0 ? 'var' : 'const'} ${name}: ${type}`
}

function functionDeclarations(): readonly string[] {
  return [
    ...functions.map(({ name, signature, doc }) => `/** ${doc} */\nfunction ${name}${signature}`),
    ...exceptionNames.map(
      (name) => `/** ${exceptionDocs[name]} */\nconst ${name}: AuthExceptionConstructor`,
    ),
  ]
}

const exceptionDocs = {
  AuthRefreshException: 'Thrown: the OAuth 2 access token is refreshed, and the call replayed.',
  AuthSessionException: 'Thrown: the `post_install` method logs in anew, and the call is replayed.',
} as const

/** Typed where the author has the packages, and anything otherwise. */
const libraries: readonly string[] = [
  `/** Dates, with time zones: the npm package \`moment\`. */
// @ts-ignore: typed where the package is installed
const moment: typeof import('moment')`,
  `/** The npm package \`crypto-js\`. What hashing and encrypting gives prints as hex, always. */
// @ts-ignore: typed where @types/crypto-js is installed
const CryptoJS: typeof import('crypto-js')`,
  `interface Console {
  log(...values: any[]): void
  info(...values: any[]): void
  warn(...values: any[]): void
  error(...values: any[]): void
  debug(...values: any[]): void
}`,
  '/** Writes to the trail of the call. */\nvar console: Console',
]

function indented(text: string): string {
  return text.replaceAll(/^(?=.)/gm, '  ')
}
