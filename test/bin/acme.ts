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
