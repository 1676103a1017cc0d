/** Kills processes in the middle of renewals, and counts what is left of the connections. */
import { type ChildProcess, fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { ConnectionKey } from '../../runtime/model/connection.ts'
import { asConnectionId, asConnectorName, asTenant } from '../../runtime/model/ids.ts'
import { Secret } from '../../runtime/model/secret.ts'
import { keysFromEnvironment } from '../../runtime/store/keys.ts'
import type { Store } from '../../runtime/store/store.ts'
import { openVault } from '../../runtime/store/vault.ts'
import { listenOnLoopback, sendJson } from '../support/loopback.ts'
import { type OAuthServer, startOAuthServer } from '../support/oauth-server.ts'
import type { Death } from './deaths.ts'
import { type CallReport, type ProcessOrders, tenant } from './process.ts'

export type TortureOptions = {
  readonly store: string
  readonly deaths: readonly Death[]
  /** Kills at each step. */
  readonly rounds: number
  /** Connections that are tortured at the same time. */
  readonly lanes: number
}

export type Tally = {
  readonly expiries: number
  readonly crashes: number
  /** Token requests that the vendor saw. */
  readonly refreshes: number
  /** By name of the step: connections whose rotation died with the process that had asked for it. */
  readonly lost: Readonly<Record<string, number>>
  /** What must not be: a loss at another step, a state or a message that does not say so. */
  readonly faults: readonly string[]
}

const processFile = new URL('process.ts', import.meta.url).pathname
const survivors = 2
/** Under a heavy load processes stall for seconds; one that stalls for longer than its lease loses. */
const requestMs = 2_500
const marginMs = 1_500

export async function torture(options: TortureOptions): Promise<Tally> {
  await using oauth = await startOAuthServer()
  await using api = await startRefusingApi()
  const environment = { HOOKLINE_KEY: randomBytes(32).toString('base64') }
  const { store } = options
  await using vault = await openVault({ store, keys: keysFromEnvironment(environment) })
  const definition = JSON.stringify(definitionOf(oauth, api.origin))
  const start = async (die: Death | null) => {
    const orders: ProcessOrders = { store, definition, marginMs, die }
    const env = { ...process.env, ...environment }
    const child = fork(processFile, [JSON.stringify(orders)], { env })
    const failed = once(child, 'exit').then(([code, signal]) => {
      throw new Error(`a process ended at its start: ${code ?? signal}`)
    })
    failed.catch(() => {})
    await Promise.race([once(child, 'message'), failed])
    return child
  }
  const living = await Promise.all(Array.from({ length: survivors }, () => start(null)))
  for (const child of living) child.setMaxListeners(2 * options.lanes)
  const board = new Board()
  const kills = options.deaths.flatMap((death) => Array<Death>(options.rounds).fill(death))
  const left = kills.values()
  const lane = async (index: number) => {
    const name = `lane-${index}`
    const scene = { name, living, start, api, vault, board }
    await connect(scene, oauth)
    for (const death of left) {
      while (!(await round(scene, death))) {
        board.missed += 1
        if (await lostByNobody(scene)) await connect(scene, oauth)
      }
      if (await judge(scene, death)) await connect(scene, oauth)
    }
  }
  await Promise.all(Array.from({ length: options.lanes }, (_, index) => lane(index)))
  for (const child of living) child.disconnect()
  const { expiries, crashes, lost, faults } = board
  return { expiries, crashes, refreshes: oauth.counts().refreshes, lost, faults }
}

class Board {
  expiries = 0
  crashes = 0
  /** Rounds in which another process was faster than the one that was to die. */
  missed = 0
  readonly lost: Record<string, number> = {}
  readonly faults: string[] = []
}

type Api = Awaited<ReturnType<typeof startRefusingApi>>

type Scene = {
  readonly name: string
  readonly living: readonly ChildProcess[]
  readonly start: (die: Death) => Promise<ChildProcess>
  readonly api: Api
  readonly vault: Store
  readonly board: Board
}

/** One expiry, with one process that dies of it and others at work. False where none died. */
async function round(scene: Scene, death: Death): Promise<boolean> {
  const { name, living, start, api, vault, board } = scene
  const dying = await start(death)
  const ended = once(dying, 'exit')
  const { auth } = await vault.current(keyOf(name))
  const token = auth.kind === 'oauth2' ? auth.accessToken?.reveal() : null
  api.expire(token ?? '')
  board.expiries += 1
  dying.on('message', (word) => word !== 'at work' && dying.disconnect())
  dying.send(name)
  // A process that has just begun is slower than those that run: they get to work when it has.
  await Promise.race([once(dying, 'message'), ended])
  await Promise.all(living.map((child) => settled(child, name)))
  const [, signal] = await ended
  if (signal === 'SIGKILL') board.crashes += 1
  return signal === 'SIGKILL'
}

/** Calls until the call ends in one of the two ways that last. */
async function settled(child: ChildProcess, name: string): Promise<void> {
  for (;;) {
    const { failure } = await callBy(child, name)
    if (failure === null || failure.type === 'InvalidCredential') return
  }
}

async function callBy(child: ChildProcess, name: string): Promise<CallReport> {
  const { promise, resolve } = Promise.withResolvers<CallReport>()
  const hear = (report: CallReport) => {
    if (report.connection === name) resolve(report)
  }
  child.on('message', hear)
  child.send(name)
  try {
    return await promise
  } finally {
    child.off('message', hear)
  }
}

/** A round without a kill must lose nothing; and it would be played again for ever where it did. */
async function lostByNobody({ name, vault, board }: Scene): Promise<boolean> {
  const connection = await vault.get(keyOf(name))
  if (connection?.state === 'active') return false
  board.faults.push(`lost without a kill: ${connection?.state}: ${connection?.reason}`)
  return true
}

/** True where the connection was lost, and needs a new login. */
async function judge({ name, vault, board }: Scene, death: Death): Promise<boolean> {
  const connection = await vault.get(keyOf(name))
  if (connection?.state === 'active') return false
  board.lost[death.name] = (board.lost[death.name] ?? 0) + 1
  const told = `${connection?.state}: ${connection?.reason}`
  if (!death.losesAnswer) board.faults.push(`lost ${death.name}: ${told}`)
  const says = /answer to an earlier refresh never arrived|no answer arrived/
  if (connection?.state !== 'sessionInvalid' || !says.test(connection.reason ?? '')) {
    board.faults.push(`after ${death.name} it says only ${told}`)
  }
  return true
}

async function connect({ name, vault }: Scene, oauth: OAuthServer): Promise<void> {
  const client = oauth.clients.body
  const minted = await oauth.mint(client)
  const auth = {
    kind: 'oauth2',
    accessToken: new Secret(minted.access_token),
    refreshToken: new Secret(minted.refresh_token),
    ...{ expiresAt: null, issuedAt: null, scope: minted.scope },
  } as const
  const properties = { ClientId: new Secret(client.id), ClientSecret: new Secret(client.secret) }
  const connector = asConnectorName('acme')
  const login = { ...keyOf(name), connector, auth, properties, reason: null }
  await vault.create({ ...login, state: 'active' }, { replace: true })
}

function keyOf(name: string): ConnectionKey {
  return { tenant: asTenant(tenant), id: asConnectionId(name) }
}

function definitionOf(oauth: OAuthServer, origin: string) {
  return {
    name: 'acme',
    base_url: origin,
    origins: [oauth.origin],
    auth: {
      type: 'oauth2',
      authorization_url: oauth.authorizationUrl,
      token_url: oauth.tokenUrl,
      client_authentication: 'body',
    },
    limits: { request_ms: requestMs },
    errors: [
      {
        type: 'ExpiredToken',
        message: 'dead',
        filter: { path: 'headers.http-code', operator: 'equal', value: 401 },
      },
    ],
    methods: { get: { path: '/api' } },
  }
}

/** An API that refuses every token that it was told has expired. */
async function startRefusingApi() {
  const expired = new Set<string>()
  const listening = await listenOnLoopback((request, response) => {
    sendJson(response, expired.has(request.headers.authorization ?? '') ? 401 : 200, {})
  })
  return {
    origin: listening.origin,
    expire: (token: string) => expired.add(`Bearer ${token}`),
    [Symbol.asyncDispose]: () => listening[Symbol.asyncDispose](),
  }
}
