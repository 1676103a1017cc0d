/** What is said, and which exit code is given, where a command did not come to its own end. */
import { CallFailure } from '../runtime/model/failure.ts'
import { UsageError } from '../runtime/model/usage-error.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { Interruption } from './interrupt.ts'
import { CommanderError } from './program.ts'
import { Refusal } from './refusal.ts'
import { printJson, say } from './streams.ts'

/** The object that `--json` prints where there is no outcome. */
export type TroubleReport = {
  readonly kind: 'error'
  /** A session word; `bug` for what is our fault. */
  readonly errorCode: string
  readonly message: string
  readonly cure: string | null
}

type Trouble = Omit<TroubleReport, 'kind'> & { readonly exitCode: ExitCode }

export function reportTrouble(error: unknown, { json }: { readonly json: boolean }): ExitCode {
  if (error instanceof CommanderError && isQuiet(error)) return codeOf(error)
  const { exitCode, ...said } = troubleOf(error)
  if (json) printJson({ kind: 'error', ...said } satisfies TroubleReport)
  // The vendor's own word for it is what people look for.
  const word = error instanceof Refusal ? `${said.errorCode}: ` : ''
  say(`hookline: ${word}${said.message}`)
  if (said.cure !== null) say(`  ${said.cure}`)
  if (exitCode === exitCodes.bug && process.env.HOOKLINE_DEBUG === '1') say(stackOf(error))
  return exitCode
}

function troubleOf(error: unknown): Trouble {
  if (error instanceof CommanderError) return misread(error)
  if (error instanceof UsageError) {
    const { errorCode, message, cure } = error
    return { errorCode, message, cure, exitCode: exitCodes.usage }
  }
  if (error instanceof Refusal) {
    const { errorCode, message } = error
    return { errorCode, message, cure: null, exitCode: exitCodes.failure }
  }
  if (error instanceof CallFailure) return failed(error)
  if (error instanceof Interruption) {
    const { message, exitCode } = error
    return { errorCode: 'genericError', message, cure: null, exitCode }
  }
  return {
    errorCode: 'bug',
    message: `this is a bug in Hookline: ${unquoted(error)}`,
    cure: 'Please report it, with what HOOKLINE_DEBUG=1 adds to this message.',
    exitCode: exitCodes.bug,
  }
}

/** A failure outside any call: a definition that cannot be read, beside those of connectors. */
function failed({ type, message }: CallFailure): Trouble {
  const exitCode = type === 'DefinitionInvalid' ? exitCodes.usage : exitCodes.failure
  return { errorCode: 'genericError', message, cure: null, exitCode }
}

/** Help and version were asked for, and have been printed. */
function isQuiet({ code }: CommanderError): boolean {
  return /^commander\.(help|version)/.test(code)
}

function codeOf({ exitCode }: CommanderError): ExitCode {
  return exitCode === 0 ? exitCodes.success : exitCodes.usage
}

/** Whatever was typed may be a secret in the wrong place: options are named, no value is repeated. */
function misread({ message }: CommanderError): Trouble {
  const [said = '', hint = ''] = withoutValues(message.replace(/^error: /, '')).split('\n')
  return {
    errorCode: 'entityInvalid',
    message: said,
    cure: hint.replace(/^\((.*)\)$/, '$1') || 'Run it with --help to see how it is used.',
    exitCode: exitCodes.usage,
  }
}

function withoutValues(message: string): string {
  return (
    message
      // An option as it is declared, `-p, --parameter <key=value>`, has no value in it.
      .replace(/'(--?[^'=<\n]+)=.*'/s, "'$1'")
      .replace(/ argument '.*' is invalid\. /s, ': ')
      .replace(/(but got \d+): .*$/s, '$1.')
  )
}

/** The messages of JSON.parse quote the text that they could not read; it may hold a secret. */
function unquoted(error: unknown): string {
  const text = error instanceof Error ? error.message : 'something that is not an error was thrown'
  return text.replace(/".*"(?=\s*(?:\.\.\. )?is not valid JSON)/s, 'the text')
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return ''
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line))
  return [`${error.name}: ${unquoted(error)}`, ...frames].join('\n')
}
