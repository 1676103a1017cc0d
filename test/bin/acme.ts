/** A connector for a vendor that a test scripts. It needs no connection, unless `auth` says so. */
export function acme(origin: string, auth = ''): string {
  return `
base_url: ${origin}
${auth}
script: scripts/main.js
test_call: things.list
methods:
  things.list:
    verb: GET
    path: /things
  things.create:
    verb: POST
    path: /things
    idempotency_key: { header: Idempotency-Key }
`
}

/** What the scripts of such connectors do, by the connectors’ names. */
export const scripts = {
  quiet: '',
  warns: 'function after_error() { method_error.isWarning = true }',
  stops: 'function before_action() { return false }',
  throws: 'function after_action() {\n  const name = null\n  return name.first\n}',
} as const
