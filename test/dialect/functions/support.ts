import type { CallRequest, Outcome } from '../../../runtime/model/call.ts'
import type { Json } from '../../../runtime/model/json.ts'
import { openTemporaryRuntime } from '../../support/temporary-runtime.ts'
import { json, type SeenRequest, startVendor } from '../../support/vendor.ts'

/** Secrets that the connection of these tests has; scripts get them as `script_parameters`. */
export type Secrets = Readonly<Record<string, string>>

export type Ran = {
  readonly outcome: Outcome
  /** What the script left as the response; undefined where the call failed. */
  readonly content: Json | undefined
  /** What the vendor got, oldest first. */
  readonly requests: readonly SeenRequest[]
}

/**
 * Runs scripts in a whole runtime, against a real vendor, one call after the other. A body without
 * `function` is that of `after_action`, and what it returns is the response.
 */
export async function openDialect(
  scripts: Readonly<Record<string, string>>,
  secrets: Secrets = {},
) {
  const vendor = await startVendor()
  vendor.answers(json({ fine: true }))
  const home = openTemporaryRuntime({
    definition: {
      name: 'acme',
      base_url: vendor.origin,
      auth: 'none',
      properties: Object.fromEntries(
        Object.keys(secrets).map((name) => [name, { in: 'script', sensitive: true }]),
      ),
      methods: Object.fromEntries(
        Object.keys(scripts).map((name) => [name, { path: `/${name}`, script: `${name}.js` }]),
      ),
    },
    scripts: Object.fromEntries(
      Object.entries(scripts).map(([name, body]) => [`${name}.js`, scriptOf(body)]),
    ),
  })
  const made = new Set<string>()

  async function run(method: string, request: Partial<CallRequest> = {}): Promise<Ran> {
    const person = { tenant: 'acme-inc', connection: 'ann', connector: 'acme', ...request }
    if (!made.has(person.tenant)) {
      await home.runtime.connections.create({ ...person, properties: secrets })
      made.add(person.tenant)
    }
    const before = vendor.requests.length
    const outcome = await home.runtime.call({ ...person, method })
    const content = 'content' in outcome ? outcome.content : undefined
    return { outcome, content, requests: vendor.requests.slice(before) }
  }

  return {
    run,
    folder: home.folder,
    async [Symbol.asyncDispose]() {
      await home[Symbol.asyncDispose]()
      await vendor[Symbol.asyncDispose]()
    },
  }
}

/** Runs one script once. */
export async function runScript(script: string, secrets: Secrets = {}): Promise<Ran> {
  await using dialect = await openDialect({ get: script }, secrets)
  return await dialect.run('get')
}

function scriptOf(body: string): string {
  if (body.includes('function ')) return body
  return `function after_action() { method_response = (() => { ${body} })() }`
}
