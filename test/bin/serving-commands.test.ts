/** Who serves many attacks the sandbox first; where an attack gets through, nothing is served. */
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'
import { type Cli, openCli } from './cli.ts'

let server: PostgresServer
let cli: Cli
beforeAll(async () => {
  server = await startPostgres()
  cli = openCli()
})
afterAll(async () => {
  cli[Symbol.dispose]()
  await server[Symbol.asyncDispose]()
})

/** Puts a breach into the runtime: what one hook leaves behind, the next one finds. */
const breach = `
import { registerHooks } from 'node:module'
registerHooks({ load(url, context, next) {
  const loaded = next(url, context)
  if (!url.endsWith('/sandbox/host/self-test.ts')) return loaded
  const source = String(loaded.source)
  const broken = source.replace('undefined,undefined,undefined', 'object,object,object')
  if (broken === source) throw new Error('there is nothing to break')
  return { ...loaded, source: broken }
} })`

const circumstances = async () => ({
  preload: breach,
  env: {
    HOOKLINE_STORE: await server.database(),
    HOOKLINE_KEY: randomBytes(32).toString('base64'),
  },
})

test('worker ends with 2 before it begins, where an attack gets through', async () => {
  const { code, stderr } = await cli.hookline(['worker'], await circumstances())
  expect(stderr).toContain('The sandbox does not hold on this system')
  expect(stderr).toContain('find what another tenant left behind')
  expect(stderr).not.toContain('"event":"started"')
  expect(code).toBe(2)
})

test('serve ends with 2 and opens no port, where an attack gets through', async () => {
  const port = await freePort()
  const words = ['serve', '--port', String(port)]
  const { code, stderr } = await cli.hookline(words, await circumstances())
  expect(stderr).toContain('The sandbox does not hold on this system')
  expect(stderr).not.toContain('serving')
  expect(code).toBe(2)
})

test('doctor ends with 1 and says that it cannot serve, where an attack gets through', async () => {
  const { code, stdout } = await cli.hookline(['doctor'], await circumstances())
  expect(stdout).toMatch(/^✗ sandbox .*The sandbox does not hold on this system/m)
  expect(stdout).toContain('Hookline cannot serve here.')
  expect(code).toBe(1)
})

function freePort(): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>()
  const socket = createServer().listen(0, '127.0.0.1', () => {
    const address = socket.address()
    socket.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
  })
  return promise
}
