/** Gets a value for each field: from the line, from the environment, or from a person. */
import { isJsonObject } from '../runtime/model/json.ts'
import { nearest } from '../runtime/model/nearest.ts'
import { UsageError } from '../runtime/model/usage-error.ts'
import { type Field, variableOf } from './fields.ts'
import { readParameters } from './input.ts'

export type Sources = {
  /** `name=value`, as written on the command line. */
  readonly given: readonly string[]
  /** Of environment variables; undefined where a person is to be asked. */
  readonly prefix: string | undefined
  readonly environment: Readonly<Record<string, string | undefined>>
}

export type Answers = ReadonlyMap<Field, string>

/** Throws `UsageError` for what is missing, or for a secret on the command line. */
export async function answer(fields: readonly Field[], sources: Sources): Promise<Answers> {
  const given = readGiven(fields, sources.given)
  const open = fields.filter((field) => !given.has(field))
  const others =
    sources.prefix === undefined
      ? await askFor(open)
      : fromEnvironment(open, sources.prefix, sources.environment)
  return new Map([...given, ...others])
}

function readGiven(fields: readonly Field[], words: readonly string[]): Answers {
  const entries = Object.entries(readParameters(words))
  return new Map(
    entries.map(([name, value]) => {
      const field = fields.find((one) => one.name === name)
      if (!field) throw unknownField(name, fields)
      if (field.secret) throw secretOnTheLine(name)
      return [field, isJsonObject(value) ? JSON.stringify(value) : String(value)]
    }),
  )
}

function fromEnvironment(
  fields: readonly Field[],
  prefix: string,
  environment: Sources['environment'],
): Answers {
  const read = (field: Field) => environment[variableOf(prefix, field)] ?? ''
  const missing = fields.filter((field) => !field.optional && read(field) === '')
  if (missing.length > 0) {
    const names = missing.map((field) => variableOf(prefix, field)).join(', ')
    throw new UsageError('missingFields', `The environment lacks ${names}`, {
      cure: 'Set what is missing; an empty value counts as none.',
    })
  }
  return new Map(fields.map((field) => [field, read(field)] as const).filter(isAnswered))
}

async function askFor(fields: readonly Field[]): Promise<Answers> {
  if (fields.length === 0) return new Map()
  if (!process.stdin.isTTY) {
    const names = fields.map((field) => variableOf('PREFIX', field)).join(', ')
    throw new UsageError('missingFields', 'There is no terminal to ask in', {
      cure: `Use --env PREFIX, which reads ${names}.`,
    })
  }
  const { ask } = await import('./prompt.ts')
  const answers = new Map<Field, string>()
  for (const field of fields) answers.set(field, await ask(field))
  return new Map([...answers].filter(isAnswered))
}

function isAnswered([, value]: readonly [Field, string]): boolean {
  return value !== ''
}

function unknownField(name: string, fields: readonly Field[]): UsageError {
  const names = fields.map((field) => field.name)
  const meant = nearest(name, names)
  return new UsageError('entityInvalid', `The connector does not ask for \`${name}\``, {
    cure: meant === null ? `It asks for: ${names.join(', ')}.` : `Did you mean \`${meant}\`?`,
  })
}

function secretOnTheLine(name: string): UsageError {
  return new UsageError(
    'entityInvalid',
    `\`${name}\` is a secret, and is not taken from the line`,
    {
      cure: 'Shells remember their command lines and other users can read them. Leave it out to be asked, or use --env <prefix>.',
    },
  )
}
