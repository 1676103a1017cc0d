import { expect, test } from 'vitest'
import { sendJson } from '../support/loopback.ts'
import type { Reaction } from '../support/vendor.ts'
import { atVendor, ref } from './at-vendor.ts'

/** Deluge Web as its JSON-RPC behaves: 200 to everything, a session in a cookie. */
function deluge(password: string) {
  const sessions = new Set<string>()
  const counts = { logins: 0 }
  const reaction: Reaction = (request, response) => {
    const { method, params, id } = JSON.parse(request.body)
    const error = (message: string, code: number) =>
      sendJson(response, 200, { result: null, error: { message, code }, id })
    if (method === 'auth.login') {
      counts.logins += 1
      if (params[0] !== password) return sendJson(response, 200, { result: false, error: null, id })
      const session = `_session_id=${counts.logins}f00d`
      sessions.add(session)
      response.setHeader(
        'set-cookie',
        `${session}; Expires=Fri, 01 Jan 2100 00:00:00 GMT; Path=/json`,
      )
      return sendJson(response, 200, { result: true, error: null, id })
    }
    if (!sessions.has(String(request.headers.cookie))) return error('Not authenticated', 1)
    if (method === 'web.connected')
      return sendJson(response, 200, { result: true, error: null, id })
    error('Unknown method', 2)
  }
  return { reaction, counts, forget: () => sessions.clear() }
}

test('deluge logs in by itself when its session has ended, and keeps the new session', async () => {
  await using world = await atVendor('deluge', { api: 'http://127.0.0.1:8112' })
  const server = deluge('a password')
  world.vendor.answers(server.reaction)
  await world.runtime.connections.create({
    ...ref,
    connector: 'deluge',
    properties: { Password: 'a password' },
  })
  expect(await world.call('status.get')).toMatchObject({ kind: 'success' })
  server.forget()
  expect(await world.call('status.get')).toMatchObject({
    kind: 'success',
    content: { result: true },
  })
  expect(await world.call('status.get')).toMatchObject({ kind: 'success' })
  expect(server.counts.logins).toBe(2)
})

test('deluge says that the password is wrong', async () => {
  await using world = await atVendor('deluge', { api: 'http://127.0.0.1:8112' })
  world.vendor.answers(deluge('another password').reaction)
  await world.runtime.connections.create({
    ...ref,
    connector: 'deluge',
    properties: { Password: 'a password' },
  })
  const outcome = await world.call('status.get')
  expect(outcome.kind === 'failure' && outcome.failure.toJSON()).toMatchObject({
    type: 'InvalidCredential',
    message: expect.stringContaining('Deluge did not accept the password'),
  })
})

test('deluge turns an error of the JSON-RPC into a failure', async () => {
  await using world = await atVendor('deluge', { api: 'http://127.0.0.1:8112' })
  world.vendor.answers(deluge('a password').reaction)
  await world.runtime.connections.create({
    ...ref,
    connector: 'deluge',
    properties: { Password: 'a password' },
  })
  expect(await world.call('hosts.list')).toMatchObject({
    kind: 'failure',
    failure: { type: 'Default', message: 'Deluge: Unknown method' },
  })
})
