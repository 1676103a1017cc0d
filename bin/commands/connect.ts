import type { Connection, ConnectionInput, Runtime, Verification } from '../../runtime/index.ts'
import type { Connector } from '../../runtime/model/connector.ts'
import { UsageError } from '../../runtime/model/usage-error.ts'
import { type Answers, answer } from '../answers.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { fieldsOf } from '../fields.ts'
import { interruption } from '../interrupt.ts'
import { logIn } from '../login.ts'
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
  readonly device?: boolean
  /** False for `--no-browser`. */
  readonly browser?: boolean
  readonly redirectUri?: string
}

/** Makes a connection and tries it. Throws `UsageError` where the connector needs something else. */
export async function connect(options: ConnectOptions): Promise<ExitCode> {
  const settings = readSettings(options)
  await using runtime = await openRuntime(settings)
  const connector = await findConnector(options.connector, runtime.connectors)
  const ref = { tenant: settings.tenant, connection: options.connection ?? connector.name }
  refuseNeedless(connector)
  const login = isByLogin(connector)
  if (!login) refuseLoginOptions(connector, options)
  const existing = await runtime.connections.get(ref)
  const replace = await mayReplace(login ? worthAsking(existing) : existing, {
    said: options.replace ?? false,
    canAsk: true,
  })
  const answers = await answer(fieldsOf(connector), {
    given: options.property ?? [],
    prefix: options.env,
    environment: process.env,
  })
  using interrupted = interruption()
  const target = { ...ref, connector: connector.name, replace, ...valuesOf(answers) }
  if (login) {
    const { title } = connector
    const { device = false, browser = true, redirectUri } = options
    const way = { device, browser, redirectUri, title }
    const { signal } = interrupted
    const { verification } = await logIn(runtime, target, { way, signal })
    return report(runtime, ref, { verification, connector: connector.name, json: settings.json })
  }
  await runtime.connections.create({ ...target, unverified: true })
  const verification = await runtime.connections.verify(ref, interrupted)
  return report(runtime, ref, { verification, connector: connector.name, json: settings.json })
}

function refuseNeedless({ name, auth, properties }: Connector): void {
  if (auth.type !== 'none' || properties.length > 0) return
  throw new UsageError('entityInvalid', `${name} needs no connection`, {
    cure: `Call it right away: hookline run ${name} <method>.`,
  })
}

function isByLogin({ auth }: Connector): boolean {
  return auth.type === 'oauth2' && auth.grant === 'authorization_code'
}

function refuseLoginOptions({ name }: Connector, { device, redirectUri }: ConnectOptions): void {
  if (!device && redirectUri === undefined) return
  throw new UsageError('entityInvalid', `${name} is not connected by a login`, {
    cure: 'Leave out --device and --redirect-uri.',
  })
}

/** A login that was not finished, or has been ended, leaves nothing that could be lost. */
function worthAsking(existing: Connection | null): Connection | null {
  const { state } = existing ?? {}
  return state === 'sessionNotVerified' || state === 'sessionInactive' ? null : existing
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

type Tried = {
  readonly verification: Verification
  readonly connector: string
  readonly json: boolean
}

async function report(
  { connections }: Runtime,
  ref: { readonly tenant: string; readonly connection: string },
  { verification, connector, json }: Tried,
): Promise<ExitCode> {
  const connection = await connections.get(ref)
  if (json && connection) {
    printJson({ ...connectionReport(connection), verification: verificationReport(verification) })
  } else say(verificationText({ name: ref.connection, connector }, verification, paintErr))
  return verification.failure ? exitCodes.failure : exitCodes.success
}
