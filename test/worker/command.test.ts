import { spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { program } from '../bin/cli.ts'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'
import { after, hang, json, startVendor, type Vendor } from '../support/vendor.ts'

let server: PostgresServer
let vendor: Vendor
let folder: string
let env: Record<string, string>
beforeAll(async () => {
  server = await startPostgres()
  vendor = await startVendor()
  folder = mkdtempSync(join(tmpdir(), 'hookline-jobs-cli-'))
  mkdirSync(join(folder, 'connectors/acme'), { recursive: true })
  writeFileSync(
    join(folder, 'connectors/acme/connector.yaml'),
    `base_url: ${vendor.origin}\nmethods:\n  get: { verb: GET, path: /get }\n  once: { verb: POST, path: /once, replay: never }\n  make: { type: script, script: make.js }\n`,
  )
  writeFileSync(
    join(folder, 'connectors/acme/make.js'),
    'function after_action() { method_response = 1 }',
  )
  env = {
    PATH: process.env.PATH ?? '',
    HOOKLINE_KEY: randomBytes(32).toString('base64'),
    HOOKLINE_CONNECTORS: join(folder, 'connectors'),
    HOOKLINE_HOME: folder,
    HOOKLINE_STORE: await server.database(),
    HOOKLINE_ALLOW_PRIVATE: '127.0.0.0/8',
    HOOKLINE_WEBHOOK_SECRET: 'operator',
  }
})
afterAll(async () => {
  await vendor[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

function begin(words: readonly string[]) {
  const child = spawn(process.execPath, [program, ...words], { env })
  const out = { stdout: '', stderr: '' }
  child.stdout.on('data', (chunk: Buffer) => {
    out.stdout += String(chunk)
  })
  child.stderr.on('data', (chunk: Buffer) => {
    out.stderr += String(chunk)
  })
  const ended = once(child, 'close').then(([code]) => code as number | null)
  const said = async (text: string) => {
    while (!out.stderr.includes(text)) {
      if (child.exitCode !== null) throw new Error(`it ended: ${out.stderr}`)
      await Promise.race([once(child.stderr, 'data'), ended])
    }
  }
  return { child, out, ended, said }
}

async function run(...words: readonly string[]) {
  const { out, ended } = begin(words)
  const code = await ended
  return { code, ...out }
}

/** Their process ids. */
function sandboxesOf(pid: number): readonly string[] {
  const { stdout } = spawnSync('ps', ['-o', 'pid=,args=', '--ppid', String(pid)], {
    encoding: 'utf8',
  })
  const lines = stdout.split('\n').filter((line) => line.includes('child/main.js'))
  return lines.map((line) => line.trim().split(' ')[0] ?? '')
}

describe('hookline worker, enqueue, jobs', () => {
  test('make a call later, tell of it, and drain at SIGTERM', async () => {
    const worker = begin(['worker', '--metrics', '0', '--lease', '2000'])
    await worker.said('"event":"metrics"')
    vendor.on('/get', json({ id: 7 }))
    const waited = await run('enqueue', 'acme', 'get', '--wait', '--json')
    expect(waited.code, waited.stderr).toBe(0)
    expect(JSON.parse(waited.stdout)).toMatchObject({ kind: 'success', content: { id: 7 } })

    const [, port] = /"port":(\d+)/.exec(worker.out.stderr) ?? []
    const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
    expect(metrics).toContain('hookline_jobs_begun_total{queue="default"} 1')
    expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200)

    const release = Promise.withResolvers<void>()
    vendor.on('/get', after(release.promise, json({ id: 8 })))
    const seen = vendor.requests.length
    const { stdout } = await run('enqueue', 'acme', 'get')
    await vendor.received(seen + 1)
    worker.child.kill('SIGTERM')
    await worker.said('"event":"draining"')
    release.resolve()
    expect(await worker.ended).toBe(0)
    const shown = await run('jobs', 'show', stdout.trim(), '--json')
    expect(JSON.parse(shown.stdout)).toMatchObject({ state: 'done', outcome: { kind: 'success' } })
  }, 60_000)

  test('stop at once at the second SIGTERM; a person decides on what may have happened', async () => {
    vendor.on('/once', hang())
    const worker = begin(['worker', '--lease', '600'])
    await worker.said('"event":"started"')
    const seen = vendor.requests.length
    const id = (await run('enqueue', 'acme', 'once')).stdout.trim()
    await vendor.received(seen + 1)
    worker.child.kill('SIGTERM')
    await worker.said('"event":"draining"')
    worker.child.kill('SIGTERM')
    expect(await worker.ended).toBe(143)

    const next = begin(['worker', '--lease', '600'])
    await next.said('"state":"doubtful"')
    const listed = await run('jobs', 'list', '--state', 'doubtful', '--json')
    expect(JSON.parse(listed.stdout)).toMatchObject({ jobs: [{ id, state: 'doubtful' }] })
    expect(
      await run('jobs', 'settle', id, '--as', 'happened', '--note', 'it is there'),
    ).toMatchObject({ code: 0 })
    const shown = await run('jobs', 'show', id)
    expect(shown.stdout).toContain('it is there')
    expect(vendor.requests.filter(({ path }) => path === '/once')).toHaveLength(1)
    next.child.kill('SIGTERM')
    expect(await next.ended).toBe(0)
  }, 60_000)

  test('give each tenant a sandbox process of its own where --cordon says so', async () => {
    const newOnes = async (cordon: string) => {
      const worker = begin(['worker', '--cordon', cordon])
      await worker.said('"event":"started"')
      const found: (readonly string[])[] = []
      for (const tenant of ['t1', 't2', 't3']) {
        const { code } = await run('enqueue', 'acme', 'make', '--tenant', tenant, '--wait')
        expect(code).toBe(0)
        found.push(sandboxesOf(worker.child.pid ?? 0))
      }
      worker.child.kill('SIGTERM')
      await worker.ended
      const [first = [], ...later] = found
      return new Set(later.flat()).difference(new Set(first)).size
    }
    expect(await newOnes('shared')).toBe(0)
    expect(await newOnes('tenant')).toBe(2)
    expect((await run('worker', '--cordon', 'none')).stderr).toContain('no cordon `none`')
  }, 60_000)

  test('set limits, print the key of deliveries, and say what is wrong', async () => {
    const [set, listed, key, none, file] = await Promise.all([
      run('jobs', 'limit', '--tenant', 'ann', '-c', '*', '--rate', '5/1000', '--concurrency', '2'),
      run('jobs', 'limit', '--rate', 'fast'),
      run('jobs', 'webhook-key', '--tenant', 'ann'),
      run('jobs', 'show', 'nothing'),
      run('enqueue', 'acme', 'get', '--store', 'a-file'),
    ])
    expect(set).toMatchObject({ code: 0, stdout: expect.stringContaining('5 in 1000 ms') })
    expect(listed.stderr).toContain('is no rate')
    expect(key.stdout).toMatch(/^whsec_[\w+/]{43}=\n$/)
    expect(none.code).toBe(2)
    expect(file.stderr).toContain('Jobs need a store on Postgres')
  }, 60_000)
})
