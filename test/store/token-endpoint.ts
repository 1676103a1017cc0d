import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Credential } from '../../runtime/model/connection.ts'

/**
 * A token endpoint on a real socket, which rotates refresh tokens and counts. The next number is
 * given for the newest refresh token; an older one is `invalid_grant`, unless within the grace.
 */
export async function openTokenEndpoint({ grace = 0, delayMs = 0 } = {}) {
  let newest = 0
  const asked: string[] = []
  const server = createServer(async (request, response) => {
    const token = await text(request)
    asked.push(token)
    if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs))
    const number = Number(token.slice('refresh-'.length))
    const known = number >= newest - grace
    if (number === newest) newest++
    response.writeHead(known ? 200 : 400).end(known ? String(newest) : 'invalid_grant')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/token`,
    asked,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Asks it for a new token, with the refresh token of a credential. */
export async function fetchToken(
  url: string,
  { auth }: Credential,
  signal: AbortSignal,
): Promise<string> {
  const token = auth.kind === 'oauth2' ? auth.refreshToken?.reveal() : undefined
  const response = await fetch(url, { method: 'POST', body: token ?? '', signal })
  return response.text()
}
