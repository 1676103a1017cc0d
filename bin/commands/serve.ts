import { randomBytes } from 'node:crypto'
import type { Runtime } from '../../runtime/index.ts'
import type { Send } from '../../runtime/model/ports.ts'
import { Secret } from '../../runtime/model/secret.ts'
import { UsageError } from '../../runtime/model/usage-error.ts'
import { openAppStore } from '../../runtime/route/app-store.ts'
import { centralAuthGuard } from '../../runtime/server/central-auth-guard.ts'
import type { ServerEvent } from '../../runtime/server/exchange.ts'
import type { Guard } from '../../runtime/server/guard.ts'
import { loopbackHosts } from '../../runtime/server/hosts.ts'
import { startServer } from '../../runtime/server/server.ts'
import { sha256, tokensFrom, tokensFromFile } from '../../runtime/server/tokens.ts'
import type { WebhookOptions } from '../../runtime/server/webhooks.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { installedMethods } from '../installed-methods.ts'
import { interruption } from '../interrupt.ts'
import { openRuntime } from '../open.ts'
import { openJobs } from '../open-jobs.ts'
import { paintErr } from '../print/paint.ts'
import { type GlobalOptions, readSettings, type Settings } from '../settings.ts'
import { oneLine, print, printJson, say } from '../streams.ts'

export type ServeOptions = GlobalOptions & {
  readonly host?: string
  readonly port?: number
  readonly allowHost?: readonly string[]
  readonly tokens?: string
  readonly centralAuth?: string
}

const usualPort = 8787

/** Serves until it is asked to stop, and then ends what it has begun. */
export async function serve(options: ServeOptions): Promise<ExitCode> {
  const settings = readSettings(options)
  using interrupted = interruption()
  await using runtime = await openRuntime(settings)
  for (const weakness of await runtime.selfTest()) {
    say(`${paintErr('yellow', 'hookline: weaker than it could be:')} ${oneLine(weakness)}`)
  }
  const { createSend } = await import('../../runtime/http/send.ts')
  await using way = createSend()
  const guard = guardOf(options, { settings, send: way.send })
  const { host = '127.0.0.1', port = usualPort, allowHost = [] } = options
  const { apps } = settings
  const hasMethod = installedMethods(settings.connectors)
  const isShared = /^postgres(ql)?:\/\//.test(settings.store)
  await using later = isShared ? await openJobs(settings) : null
  const webhooks = webhooksOf(runtime)
  await using server = await startServer({
    ...{ calls: runtime, guard, host, port, hosts: allowHost, webhooks, log: tell },
    jobs: later?.jobs ?? null,
    apps: apps === null ? null : openAppStore({ path: apps, hasMethod }),
  }).catch((error: unknown) => {
    throw cannotListen(error, `${host}:${port}`)
  })
  warn(host)
  say(`hookline: serving ${apps ?? 'no apps'} on ${server.origin}`)
  if (later) say('hookline: calls may be kept for later, for whoever runs `hookline worker`')
  if (webhooks === null) say('hookline: no webhooks; their addresses need HOOKLINE_WEBHOOK_SECRET')
  if (settings.json) printJson({ kind: 'serving', origin: server.origin, apps })
  await ended(interrupted.signal)
  say('hookline: stopping; what was begun may end')
  return exitCodes.success
}

function ended(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

/** A file of tokens, a CentralAuth server, or one token that is made up now. */
function guardOf(
  { tokens, centralAuth }: ServeOptions,
  { settings, send }: { readonly settings: Settings; readonly send: Send },
): Guard {
  if (tokens !== undefined && centralAuth !== undefined) {
    throw new UsageError('entityInvalid', 'Tokens come from a file or from CentralAuth, not both')
  }
  if (tokens !== undefined) return tokensFromFile(tokens)
  if (centralAuth !== undefined) {
    return centralAuthGuard({
      ...{ baseUrl: centralAuth, send, allowPrivate: settings.allowPrivate },
      clientId: variable('HOOKLINE_CENTRALAUTH_CLIENT_ID'),
      secret: new Secret(variable('HOOKLINE_CENTRALAUTH_SECRET')),
      callbackOrigin: variable('HOOKLINE_CENTRALAUTH_CALLBACK'),
    })
  }
  const token = randomBytes(32).toString('base64url')
  say(`hookline: no --tokens were named; until it stops, this one lets in: ${token}`)
  const all = { groups: null, readOnly: false, operator: true }
  return tokensFrom([{ sha256: sha256(token), tenant: settings.tenant, ...all }])
}

/** What comes in goes out on stdout, one JSON object a line, whether or not `--json` was said. */
function webhooksOf(runtime: Runtime): WebhookOptions | null {
  const secret = process.env.HOOKLINE_WEBHOOK_SECRET
  if (!secret) return null
  return {
    secret: new Secret(secret),
    calls: runtime,
    accept: (webhook) => print(JSON.stringify({ kind: 'webhook', ...webhook })),
  }
}

function variable(name: string): string {
  const value = process.env[name]
  if (value) return value
  throw new UsageError('missingFields', `--central-auth needs the variable ${name}`)
}

function warn(host: string): void {
  const plain = host.includes(':') ? `[${host}]` : host
  if (loopbackHosts.includes(plain)) return
  say(paintErr('yellow', `hookline: ${host} is reached from elsewhere, over plain HTTP.`))
  say('  Put a proxy with TLS before it, and name the hosts with --allow-host.')
}

function cannotListen(error: unknown, place: string): unknown {
  const { code } = error as NodeJS.ErrnoException
  if (code !== 'EADDRINUSE' && code !== 'EACCES' && code !== 'EADDRNOTAVAIL') return error
  return new UsageError('entityInvalid', `Cannot listen on ${place} (${code})`, {
    cure: 'Name another one with --host and --port.',
    cause: error,
  })
}

function tell(event: ServerEvent): void {
  if (event.kind === 'bug') {
    say(`${paintErr('red', 'hookline:')} ${oneLine(textOf(event.error))}`)
    return
  }
  if (event.kind === 'webhook-failed') {
    const { tenant, connector, connection, method, failure } = event
    const names = `${tenant} ${connector} ${connection ?? '-'} ${method}`
    const head = paintErr('red', `hookline: webhook ${names}:`)
    say(oneLine(`${head} ${failure.type}: ${failure.message}`))
    return
  }
  const { verb, path, status, ms, tenant } = event
  say(paintErr('dim', oneLine(`${verb} ${path} ${status} ${Math.round(ms)} ms ${tenant ?? '-'}`)))
}

/** What a guard or a store threw tells more than what was made of it. */
function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { name, message } = error.cause instanceof Error ? error.cause : error
  return `${name}: ${message}`
}
