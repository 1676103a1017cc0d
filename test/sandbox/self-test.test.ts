import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import type { Sandbox } from '../../runtime/model/ports.ts'
import { attackSandbox, demandSandboxHolds } from '../../runtime/sandbox/host/self-test.ts'
import { useSandbox } from './support.ts'

/**
 * A sandbox that believes in `node:vm`: same process, one context, everything handed over. What it
 * could not end it does not begin, and says that all went well.
 */
function naiveSandbox(): Pick<Sandbox, 'run'> {
  const context: Record<string, unknown> = {}
  const log: { level: 'info'; text: string }[] = []
  Object.assign(context, {
    v: {},
    console: { log: (text: string) => log.push({ level: 'info', text }) },
    http_request: () => null,
    AuthRefreshException: Error,
    process,
    require: () => process,
  })
  return {
    async run({ scripts, hookMs }) {
      log.length = 0
      context.v = {}
      const source = scripts.map((script) => script.source).join('\n')
      const isEndless = /for \(;;\)|indexOf\.call/.test(source)
      if (!isEndless) runInNewContext(`${source}\nafter_action()`, context, { timeout: hookMs })
      const v = JSON.stringify(context.v)
      return { kind: 'returned', value: true, falseAt: null, globals: { v }, log, warnings: [] }
    },
  }
}

const { opened } = useSandbox({ slots: 1 })

describe('attackSandbox()', () => {
  test('finds nothing in a sandbox that holds', async () => {
    expect(await attackSandbox(opened())).toEqual([])
  })

  test('makes eleven attacks', async () => {
    let made = 0
    const breaches = await attackSandbox({
      run: () => {
        made++
        return Promise.reject(new Error('no'))
      },
    })
    expect(made).toBe(11)
    expect(breaches).toHaveLength(11)
  })
})

describe('demandSandboxHolds()', () => {
  test('lets a sandbox serve that holds', async () => {
    await expect(demandSandboxHolds(opened())).resolves.toBeUndefined()
  })

  test.each([
    'find what is not of the language',
    'load a module of Node',
    'find what another tenant left behind',
    'hand back a key that reaches a prototype',
    'flood the log',
    'stop the clock by what is thrown',
    'run where no engine can interrupt',
    'fill the memory',
  ])('refuses a sandbox in which a script can %s', async (attack) => {
    await expect(demandSandboxHolds(naiveSandbox())).rejects.toMatchObject({
      name: 'UsageError',
      message: expect.stringContaining(attack),
    })
  })
})
