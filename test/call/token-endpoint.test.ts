/** What a token endpoint may do wrong: each has its own message, and none costs the refresh token. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { temporaryFolder } from '../store/temporary-folder.ts'
import { type Acme, openAcme, refusing, rotating } from '../support/acme.ts'
import { flood, json, redirect, reset, startVendor, text } from '../support/vendor.ts'

/** The next renewal, once the endpoint is well again, goes out with the token that there was. */
async function failedWith(acme: Acme) {
  acme.vendor.on('/api', refusing(['access-0']))
  const outcome = await acme.call()
  expect(await acme.connection()).toMatchObject({ state: 'active', renewal: { failures: 1 } })
  return outcome.kind === 'failure' ? outcome.failure : null
}

describe('a token endpoint', () => {
  test('that answers 200 with nothing gives no token', async () => {
    await using acme = await openAcme()
    acme.vendor.on('/token', text('', 'application/json'))
    expect(await failedWith(acme)).toMatchObject({ type: 'AuthRefreshFailed', reason: 'no-token' })
  })

  test('that answers ten megabytes is not read to the end', async () => {
    await using acme = await openAcme()
    acme.vendor.on('/token', flood(10 * 1024 * 1024))
    const failure = await failedWith(acme)
    expect(failure).toMatchObject({ type: 'AuthRefreshFailed' })
    expect(JSON.stringify(failure)).toContain('ResponseTooLarge')
  })

  test('that redirects is not followed: nothing of ours goes there', async () => {
    await using acme = await openAcme()
    await using elsewhere = await startVendor()
    elsewhere.answers(json({ access_token: 'stolen' }))
    acme.vendor.on('/token', redirect(`${elsewhere.origin}/token`, 307))
    expect(await failedWith(acme)).toMatchObject({ type: 'AuthRefreshFailed', reason: 'http-307' })
    expect(elsewhere.requests).toEqual([])
  })

  test('on an origin that the connector does not declare is refused before anything is sent', async () => {
    await using elsewhere = await startVendor()
    elsewhere.answers(rotating())
    await using acme = await openAcme({
      auth: { token_url: `http://{{Dc}}:${new URL(elsewhere.origin).port}/token` },
      definition: { properties: { Dc: { in: 'mergefield' } } },
      properties: { Dc: '127.0.0.1' },
    })
    const failure = await failedWith(acme)
    expect(failure?.cause).toMatchObject({ cause: { type: 'RequestForbidden', reason: 'origin' } })
    expect(elsewhere.requests).toEqual([])
  })

  test('whose address the connection makes none of is refused', async () => {
    await using acme = await openAcme({
      auth: { token_url: 'http://{{Dc}}/token' },
      definition: { properties: { Dc: { in: 'mergefield' } } },
      properties: { Dc: 'a:b' },
    })
    const failure = await failedWith(acme)
    expect(failure).toMatchObject({ type: 'AuthRefreshFailed' })
    expect(JSON.stringify(failure)).toContain('is no address')
  })

  test('whose certificate nobody vouches for gets no request, and is not in doubt', async () => {
    const { port, requests } = await selfSigned()
    const origin = `https://127.0.0.1:${port}`
    await using acme = await openAcme({
      auth: { token_url: `${origin}/token` },
      definition: { origins: [origin] },
    })
    const failure = await failedWith(acme)
    expect(JSON.stringify(failure)).toContain('certificate')
    expect(requests()).toBe(0)
    expect(await doubtful(acme)).toBe(false)
  })

  test('that is not there got no request, so the refresh token is not in doubt', async () => {
    const origin = `http://127.0.0.1:${await closedPort()}`
    await using acme = await openAcme({
      auth: { token_url: `${origin}/token` },
      definition: { origins: [origin] },
    })
    expect(JSON.stringify(await failedWith(acme))).toContain('nothing listens there')
    expect(await doubtful(acme)).toBe(false)
  })

  test('that cuts the line may have got its request, which is then in doubt', async () => {
    await using acme = await openAcme()
    acme.vendor.on('/token', reset())
    expect(await failedWith(acme)).toMatchObject({ type: 'AuthRefreshFailed' })
    expect(await doubtful(acme)).toBe(true)
  })

  test('that grants another scope than before has it noted in the trail', async () => {
    await using acme = await openAcme({ tokens: { scope: 'read write' } })
    acme.vendor.on('/token', rotating({ scope: 'read' }))
    acme.vendor.on('/api', refusing(['access-0']))
    const { trail } = await acme.call()
    expect(JSON.stringify(trail)).toContain('it was `read write` and is `read`')
  })
})

/** Whether the store believes that a request may have arrived. */
async function doubtful(acme: Acme): Promise<boolean> {
  const { DatabaseSync } = await import('node:sqlite')
  using database = new DatabaseSync(acme.store, { readOnly: true })
  const row = database.prepare('SELECT * FROM connections').get() ?? {}
  const texts = Object.values(row).filter((value) => typeof value === 'string')
  return texts.some((value) => /"sends":[1-9]/.test(value))
}

async function selfSigned() {
  const folder = temporaryFolder()
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1']
  const made = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject]
  execFileSync('openssl', [...made, '-keyout', key, '-out', cert], { stdio: 'ignore' })
  let count = 0
  const options = { key: readFileSync(key), cert: readFileSync(cert) }
  const server = createServer(options, (_request, response) => {
    count += 1
    response.end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return { port: (server.address() as AddressInfo).port, requests: () => count }
}

async function closedPort(): Promise<number> {
  const server = createTcpServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
