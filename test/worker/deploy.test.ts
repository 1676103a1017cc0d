/** What operators start from: the files of `deploy/` and the page about them, against the program. */
import { spawn, spawnSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { program } from '../bin/cli.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const container = read('runtime/worker/deploy/Containerfile')
const unit = read('runtime/worker/deploy/hookline-worker@.service')
const composed = read('runtime/worker/deploy/compose.yaml')
const operating = read('runtime/worker/OPERATING.md')

function help(...words: readonly string[]): string {
  return spawnSync(process.execPath, [program, ...words, '--help'], { encoding: 'utf8' }).stdout
}

function optionsIn(text: string): ReadonlySet<string> {
  return new Set(text.match(/(?<![\w-])--[a-z][a-z-]+/g))
}

type Service = {
  readonly command: readonly string[]
  readonly cap_add: readonly string[]
  readonly secrets: readonly string[]
  readonly depends_on: Readonly<Record<string, unknown>>
  readonly stop_grace_period: string
  readonly healthcheck: { readonly test: readonly string[] }
}

const compose = parse(composed) as {
  readonly services: Readonly<Record<'worker' | 'postgres', Service>>
  readonly secrets: Readonly<Record<string, unknown>>
  readonly volumes: Readonly<Record<string, unknown>>
}
const { worker, postgres } = compose.services

describe('deploy/', () => {
  const known = optionsIn(help('worker'))
  const [, execStart = ''] = /^ExecStart=(.*)$/m.exec(unit) ?? []
  const [, entryPoint = '[]'] = /^ENTRYPOINT (.*)$/m.exec(container) ?? []

  test.each([
    ['the unit', execStart],
    ['the image', (JSON.parse(entryPoint) as readonly string[]).join(' ')],
    ['the composition', `hookline worker ${worker.command.join(' ')}`],
  ])('%s begins a worker, with options that it has', (_name, line) => {
    expect(line).toMatch(/\bhookline worker\b/)
    const used = optionsIn(line)
    expect(used.size).toBeGreaterThan(0)
    expect([...used.difference(known)]).toEqual([])
  })

  test('names no variable that the program does not read', () => {
    const sources = globSync(['bin/**/*.ts', 'runtime/**/*.ts'], { cwd: root }).map(read).join()
    const named = [container, unit, composed, operating].join().match(/\bHOOKLINE_[A-Z_]+/g)
    const unread = [...new Set(named)].filter((name) => !sources.includes(name))
    expect(unread).toEqual([])
  })

  test('gives a worker longer to stop than it takes', () => {
    const [, drain = ''] = /--drain <ms>.*\((\d+)\)/.exec(help('worker')) ?? []
    const [, unitStops = ''] = /^TimeoutStopSec=(\d+)$/m.exec(unit) ?? []
    const composedStops = Number.parseInt(worker.stop_grace_period, 10)
    expect(Number(drain)).toBeGreaterThan(0)
    expect(Math.min(Number(unitStops), composedStops) * 1_000).toBeGreaterThan(Number(drain))
  })

  test('the composition names only what is in it', () => {
    expect(Object.keys(worker.depends_on)).toEqual(['postgres'])
    const secrets = Object.keys(compose.secrets).sort()
    expect([...worker.secrets, ...postgres.secrets].sort()).toEqual(secrets)
    const [, port = ''] = /^EXPOSE (\d+)$/m.exec(container) ?? []
    expect(entryPoint).toContain(`:${port}"`)
    expect(worker.healthcheck.test.join(' ')).toContain(`:${port}/healthz`)
  })
})

describe('the capabilities that are left to a worker', () => {
  const [, line = ''] = /^CapabilityBoundingSet=(.*)$/m.exec(unit) ?? []
  const left = line.split(' ').map((name) => name.replace('CAP_', ''))

  test('are the same in the unit and in the composition', () => {
    expect([...worker.cap_add].sort()).toEqual([...left].sort())
  })

  const bounds = ['-all', ...left.map((name) => `+${name.toLowerCase()}`)].join(',')
  const limits = ['--bounding-set', bounds, '--inh-caps=-all', '--no-new-privs']
  const runLimited = (words: readonly string[]) =>
    spawnSync('setpriv', [...limits, process.execPath, ...words], { encoding: 'utf8' }).stdout
  const testAsRoot = test.runIf(process.platform === 'linux' && process.getuid?.() === 0)

  testAsRoot('are enough to let others go before who had to be killed, and to kill them', () => {
    const stranger = spawn('sleep', ['60'], { uid: 65_534, stdio: 'ignore' })
    const acts = `const pid = ${stranger.pid}
      for (const nice of [10, 0]) require('node:os').setPriority(pid, nice)
      console.log(process.kill(pid, 'SIGKILL'))`
    expect(runLimited(['-e', acts])).toBe('true\n')
  })

  testAsRoot('are enough for a sandbox that gives all of its rights away', () => {
    const stdout = runLimited([program, 'doctor', '--json'])
    const { findings } = JSON.parse(stdout) as { findings: { name: string }[] }
    expect(findings.find(({ name }) => name === 'sandbox')).toMatchObject({
      detail: { works: true, nofile: true, uid: true, dataLimit: true },
    })
  })
})

describe('OPERATING.md', () => {
  const rows = operating.match(/^\| `.*$/gm) ?? []

  test('says of each option of a worker what it does', () => {
    const [, own = ''] = /Options:(.*?)Global Options:/s.exec(help('worker')) ?? []
    const options = optionsIn(own.replace('--help', ''))
    expect(options.size).toBeGreaterThan(8)
    expect([...options.difference(optionsIn(rows.join()))]).toEqual([])
  })

  test('uses no command and no option that is not there', () => {
    const commands = operating.match(/(?<=\bhookline )(?:jobs|connections) [a-z-]+/g) ?? []
    expect(commands.length).toBeGreaterThan(5)
    for (const words of new Set(commands)) {
      expect(help(...words.split(' '))).toMatch(new RegExp(`^Usage: hookline ${words}\\b`))
    }
    const everywhere = ['worker', 'connect', 'jobs list', 'jobs settle', 'jobs limit', 'jobs erase']
    const known = optionsIn(
      [...everywhere, 'jobs migrate'].map((w) => help(...w.split(' '))).join(),
    )
    // Of `node`, which loads an SDK.
    const ofOthers = new Set(['--import'])
    expect([...optionsIn(operating).difference(known).difference(ofOthers)]).toEqual([])
  })
})
