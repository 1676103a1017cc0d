import type { ConnectionInput, Runtime, Verification } from '../../runtime/index.ts'
import type { Connector } from '../../runtime/model/connector.ts'
import { UsageError } from '../../runtime/model/usage-error.ts'
import { type Answers, answer } from '../answers.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { fieldsOf } from '../fields.ts'
import { interruption } from '../interrupt.ts'
import { findConnector } from '../names.ts'
import { openRuntime } from '../open.ts'
import { connectionReport } from '../print/connection.ts'
import { paintErr } from '../print/paint.ts'
import { verificationReport, verificationText } from '../print/verification.ts'
import { mayReplace } from '../replace.ts'
import { type GlobalOptions, readSettings } from '../settings.ts'
import { printJson, say } from '../streams.ts'

export type ConnectOptions = GlobalOptions & {
  readonly connector: string
  readonly connection?: string
  readonly env?: string
  readonly property?: readonly string[]
  readonly replace?: boolean
}

/** Makes a connection and tries it. Throws `UsageError` where the connector needs something else. */
export async function connect(options: ConnectOptions): Promise<ExitCode> {
  const settings = readSettings(options)
  await using runtime = await openRuntime(settings)
  const connector = await findConnector(options.connector, runtime.connectors)
  const ref = { tenant: settings.tenant, connection: options.connection ?? connector.name }
  refuseLogin(connector, ref.connection)
  const replace = await mayReplace(await runtime.connections.get(ref), {
    said: options.replace ?? false,
    canAsk: true,
  })
  const answers = await answer(fieldsOf(connector), {
    given: options.property ?? [],
    prefix: options.env,
    environment: process.env,
  })
  await runtime.connections.create({
    ...ref,
    connector: connector.name,
    replace,
    ...valuesOf(answers),
  })
  return await verify(runtime, ref, settings.json)
}

/** A login in a browser is another command’s work; this one says what to do instead. */
function refuseLogin({ name, auth, properties }: Connector, connection: string): void {
  if (auth.type === 'none' && properties.length === 0) {
    throw new UsageError('entityInvalid', `${name} needs no connection`, {
      cure: `Call it right away: hookline run ${name} <method>.`,
    })
  }
  if (auth.type !== 'oauth2' || auth.grant !== 'authorization_code') return
  throw new UsageError(
    'entityInvalid',
    `${name} is connected by a login in a browser, which this command cannot do`,
    {
      cure: `Get tokens elsewhere and import them: hookline connections import ${connection} --connector ${name} --file tokens.json`,
    },
  )
}

type Values = Pick<ConnectionInput, 'key' | 'username' | 'password' | 'properties'>

function valuesOf(answers: Answers): Values {
  const entries = [...answers]
  const pick = (wanted: boolean) =>
    Object.fromEntries(
      entries
        .filter(([{ isProperty }]) => isProperty === wanted)
        .map(([{ name }, value]) => [name, value]),
    )
  return { ...pick(false), properties: pick(true) }
}

async function verify(
  runtime: Runtime,
  ref: { readonly tenant: string; readonly connection: string },
  json: boolean,
): Promise<ExitCode> {
  using interrupted = interruption()
  const verification: Verification = await runtime.connections.verify(ref, interrupted)
  const connection = await runtime.connections.get(ref)
  if (json && connection) {
    printJson({ ...connectionReport(connection), verification: verificationReport(verification) })
  } else say(verificationText(ref.connection, verification, paintErr))
  return verification.failure ? exitCodes.failure : exitCodes.success
}
