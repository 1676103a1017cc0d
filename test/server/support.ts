import { request as httpRequest } from 'node:http'
import { onTestFinished } from 'vitest'
import type { CallRequest, Outcome } from '../../runtime/model/call.ts'
import { asCallId } from '../../runtime/model/ids.ts'
import { Secret } from '../../runtime/model/secret.ts'
import { openAppStore } from '../../runtime/route/app-store.ts'
import type { Caller } from '../../runtime/server/guard.ts'
import { type RunningServer, type ServerOptions, startServer } from '../../runtime/server/server.ts'
import { sha256, type TokenEntry, tokensFrom } from '../../runtime/server/tokens.ts'
import type { Job } from '../../runtime/worker/job.ts'
import type { JobKey } from '../../runtime/worker/jobs.ts'
import { exampleApp, folderWith } from '../route/support.ts'

/** Who is who in these tests; the name is the token. */
const callers: Readonly<Record<string, Partial<Caller>>> = {
  team: { groups: new Set(['flowteam']) },
  both: { groups: new Set(['flowteam', 'elsewhere']) },
  stranger: { groups: new Set(['elsewhere']), tenant: 'other' },
  reader: { groups: new Set(['flowteam']), readOnly: true },
  operator: { operator: true },
}

export const entries: readonly TokenEntry[] = Object.entries(callers).map(([token, caller]) => ({
  sha256: sha256(token),
  tenant: 'acme',
  groups: null,
  readOnly: false,
  operator: false,
  ...caller,
}))

const otherApp = `
group: elsewhere
flows:
  theirs: { component_id: uuid.theirs.Flows.orc.elsewhere, source: x }
`

export type TestServer = {
  readonly origin: string
  readonly folder: string
  readonly server: RunningServer
  /** What the fake runtime was asked for. */
  readonly asked: CallRequest[]
  send(path: string, options?: Send): Promise<Seen>
}

export type Send = {
  readonly verb?: string
  /** `team` unless said; null sends none. */
  readonly token?: string | null
  readonly json?: unknown
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
}

export type Seen = {
  readonly status: number
  readonly text: string
  readonly json: unknown
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

/** The operator's, of which the addresses of webhooks are made. */
export const webhookSecret = new Secret('a secret of the operator, thirty-two at least')

/** The one call that the fake jobs have, of the tenant `acme`. */
const keptCall: Job = {
  ...{ id: 'job-1', queue: 'default', tenant: 'acme', connector: 'crm', method: 'get' },
  ...{ connection: null, state: 'ready', attempt: 0, endedAt: null, outcome: null },
  ...{ createdAt: new Date(0), dueAt: new Date(0) },
}

/** A server over a folder of apps and a runtime that says yes to everything, gone after the test. */
export async function startTestServer(
  options: Partial<ServerOptions> & { readonly files?: Readonly<Record<string, string>> } = {},
): Promise<TestServer> {
  const folder = folderWith({
    'support.yaml': exampleApp,
    'other.yaml': otherApp,
    'broken.yaml': 'group: [',
    ...options.files,
  })
  const asked: CallRequest[] = []
  const calls = {
    call: async (request: CallRequest) => {
      asked.push(request)
      return success
    },
  }
  const jobs = {
    enqueue: async () => keptCall.id,
    find: async ({ tenant, id }: JobKey) => {
      return tenant === keptCall.tenant && id === keptCall.id ? keptCall : null
    },
  }
  const { call, trail } = success
  const webhooks = {
    secret: webhookSecret,
    calls: { receive: async () => ({ kind: 'ignored', call, trail }) as const },
    accept: () => {},
  }
  const apps = openAppStore({ path: folder })
  const guard = tokensFrom(entries)
  const server = await startServer({ calls, apps, guard, jobs, webhooks, ...options })
  onTestFinished(() => server[Symbol.asyncDispose]())
  const { origin } = server
  return { origin, folder, server, asked, send: (path, how) => send(origin + path, how) }
}

export const success: Outcome = {
  kind: 'success',
  call: asCallId('call-1'),
  content: { fine: true },
  status: 200,
  trail: { startedAt: new Date(0), ms: 5, attempts: [] },
}

/** One request on a socket of its own, by which any header can be sent. */
export function send(
  url: string,
  { verb = 'GET', token = 'team', json, body, headers = {} }: Send = {},
): Promise<Seen> {
  const content = json === undefined ? body : JSON.stringify(json)
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, {
      method: verb,
      agent: false,
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(json === undefined ? {} : { 'content-type': 'application/json' }),
        ...(content === undefined || headers['transfer-encoding'] !== undefined
          ? {}
          : { 'content-length': Buffer.byteLength(content) }),
        ...headers,
      },
    })
    request.on('error', reject)
    request.on('response', async (response) => {
      const chunks: Buffer[] = []
      for await (const chunk of response) chunks.push(chunk as Buffer)
      const text = Buffer.concat(chunks).toString('utf8')
      const seen = { status: response.statusCode ?? 0, text, headers: response.headers }
      resolve({
        ...seen,
        json: text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : null,
      })
    })
    request.end(content)
  })
}

export const handlersPath = '/api/apps/support/error_handlers/'
