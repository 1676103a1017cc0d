import type { Command } from 'commander'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createProgram } from '../../bin/program.ts'
import { acme } from './acme.ts'
import { type Cli, openCli } from './cli.ts'

let cli: Cli

beforeAll(() => {
  cli = openCli()
  cli.connector('acme', acme('http://127.0.0.1:9'), { 'scripts/main.js': '' })
})

afterAll(() => cli[Symbol.dispose]())

/** The words of each command, the program's own none among them. */
function commandsBelow(command: Command, words: readonly string[] = []): readonly string[][] {
  const below = command.commands.flatMap((child) => commandsBelow(child, [...words, child.name()]))
  return [[...words], ...below]
}

const commands = commandsBelow(createProgram(() => {}))

test('the commands are those that are promised', () => {
  const names = commands.map((words) => words.join(' ')).toSorted()
  expect(names).toEqual([
    '',
    'check',
    'connect',
    'connections',
    'connections audit',
    'connections erase',
    'connections import',
    'connections list',
    'connections remove',
    'connections rewrap',
    'connections show',
    'disconnect',
    'doctor',
    'enqueue',
    'import',
    'jobs',
    'jobs erase',
    'jobs limit',
    'jobs list',
    'jobs migrate',
    'jobs rerun',
    'jobs settle',
    'jobs show',
    'jobs webhook-key',
    'route',
    'rules',
    'rules test',
    'run',
    'serve',
    'types',
    'whoami',
    'worker',
  ])
})

describe.each(commands.map((words) => [words]))('hookline %j --help', (words) => {
  test('ends with 0, and has an example of itself', async () => {
    const { code, stdout, stderr } = await cli.hookline([...words, '--help'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(new RegExp(`Example:\\n.*hookline ${words.join(' ')}`))
  })
})

test.each([
  ['worker', 'HOOKLINE_APPS'],
  ['serve', 'HOOKLINE_APPS'],
  ['serve', 'HOOKLINE_WEBHOOK_SECRET'],
])('hookline %s --help names the variable %s', async (word, variable) => {
  const { stdout } = await cli.hookline([word, '--help'])
  expect(stdout.replace(/\s+/g, ' ')).toContain(variable)
})

test('an option that lacks its value is named in whole; a value that was typed is not', async () => {
  const lacking = await cli.hookline(['run', 'acme', 'get', '-p'])
  expect(lacking.stderr).toContain("option '-p, --parameter <key=value>' argument missing")
  const typed = await cli.hookline(['run', 'acme', 'get', '--kye=sk-secret'])
  expect(typed.code).toBe(2)
  expect(typed.stderr).not.toContain('sk-secret')
})

test('--version prints the version alone, and loads nothing of the runtime', async () => {
  const preload = `
    import { registerHooks } from 'node:module'
    registerHooks({ load(url, context, next) { process._rawDebug(url); return next(url, context) } })
  `
  const { code, stdout, stderr } = await cli.hookline(['--version'], { preload })
  expect(code).toBe(0)
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  expect(stderr).toContain('/bin/program.ts')
  expect(stderr).not.toMatch(/\/runtime\/(?!model\/)|\/bin\/commands\//)
})

test('without a command the help is printed, and it ends with 2', async () => {
  const { code, stdout, stderr } = await cli.hookline([])
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toContain('Usage: hookline')
})

test('a Node that is too old is told so in one line, before anything is loaded', async () => {
  const preload = `
    const versions = { ...process.versions, node: '24.14.9' }
    Object.defineProperty(process, 'versions', { value: versions })
  `
  const { code, stdout, stderr } = await cli.hookline(['--version'], { preload })
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toBe(
    'hookline: This is Node 24.14.9, and Hookline needs 24.15 or newer: https://nodejs.org\n',
  )
})

describe('a bug ends with 70', () => {
  const preload = `
    String.prototype.padEnd = () => { throw new TypeError('nobody expected this') }
  `

  test('and says so, without a stack', async () => {
    const { code, stderr } = await cli.hookline(['doctor'], { preload })
    expect(code).toBe(70)
    expect(stderr).toContain('hookline: this is a bug in Hookline: nobody expected this\n')
    expect(stderr).not.toMatch(/^\s+at /m)
  })

  test('with a stack under HOOKLINE_DEBUG=1', async () => {
    const env = { HOOKLINE_DEBUG: '1' }
    const { code, stderr } = await cli.hookline(['doctor'], { preload, env })
    expect(code).toBe(70)
    expect(stderr).toMatch(/TypeError: nobody expected this\n\s+at /)
  })

  test('also where nobody waited for it', async () => {
    const late = `
      const timer = setInterval(() => {
        if (process.listenerCount('uncaughtException') === 0) return
        clearInterval(timer)
        void Promise.reject(new TypeError('nobody waited for this'))
      }, 1)
    `
    const { code, stderr } = await cli.hookline(['doctor'], { preload: late })
    expect(code).toBe(70)
    expect(stderr).toBe(
      'hookline: this is a bug in Hookline: nobody waited for this\n  Please report it, with what HOOKLINE_DEBUG=1 adds to this message.\n',
    )
  })
})
