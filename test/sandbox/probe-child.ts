/**
 * Stands in for a script that broke out of the engine: takes the steps of a real sandbox process
 * until it is stripped, then tries with all of Node's means what nobody in there may be able to do.
 */
import { spawnSync } from 'node:child_process'
import { openSync, readFileSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { Worker } from 'node:worker_threads'
import { openChannel } from '../../runtime/sandbox/child/channel.ts'
import { awaitLockdown } from '../../runtime/sandbox/child/lockdown.ts'

const [, , port = '', file = ''] = process.argv
const channel = openChannel()
const uid = awaitLockdown(channel)

/** What an attempt came to: `done`, or the code of the error that stopped it. */
function outcome(attempt: () => unknown): string {
  try {
    attempt()
    return 'done'
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error)
  }
}

function eventually(start: (done: (what: string) => void) => void): Promise<string> {
  return new Promise((resolve) => {
    const failed = outcome(() => start(resolve))
    if (failed !== 'done') resolve(failed)
  })
}

const findings = {
  uid,
  environment: Object.keys(process.env),
  folder: process.cwd(),
  readFile: outcome(() => readFileSync(file)),
  readProc: outcome(() => readFileSync(`/proc/${process.ppid}/environ`)),
  writeFile: outcome(() => writeFileSync('/tmp/hookline-probe', 'x')),
  openDevice: outcome(() => openSync('/dev/null', 'r')),
  process: outcome(() => {
    const { error } = spawnSync('/bin/true')
    if (error !== undefined) throw error
  }),
  becomeRoot: outcome(() => process.setuid?.(0)),
  signalParent: outcome(() => process.kill(process.ppid, 0)),
  connect: await eventually((done) => {
    const socket = connect(Number(port), '127.0.0.1')
    socket.once('connect', () => done('done'))
    socket.once('error', (error: NodeJS.ErrnoException) => done(error.code ?? 'failed'))
  }),
  listen: await eventually((done) => {
    const server = createServer()
    server.once('listening', () => done('done'))
    server.once('error', (error: NodeJS.ErrnoException) => done(error.code ?? 'failed'))
    server.listen(0, '127.0.0.1')
  }),
  thread: await eventually((done) => {
    const worker = new Worker('require("node:fs").openSync("/dev/null")', { eval: true })
    worker.once('exit', (code) => done(code === 0 ? 'done' : 'failed'))
    worker.once('error', (error: NodeJS.ErrnoException) => done(error.code ?? 'failed'))
  }),
}

channel.send({ kind: 'result', isIdle: false }, [JSON.stringify(findings)])
