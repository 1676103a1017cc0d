/** A real browser, driven over W3C WebDriver by chromedriver, both as Debian packages them. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const chromium = '/usr/bin/chromium'
const driver = '/usr/bin/chromedriver'

/** Where it is not, tests of pages in a browser cannot run. */
export const hasChromium = existsSync(chromium) && existsSync(driver)

export interface Chromium extends AsyncDisposable {
  open(url: string): Promise<void>
  /** Waits until an element is there that the CSS selector finds. */
  see(selector: string): Promise<Element>
  /** The text of the first such element, as it is displayed. */
  textOf(selector: string): Promise<string>
  url(): Promise<string>
  title(): Promise<string>
  /** Runs the body of a function in the page. */
  run(script: string): Promise<unknown>
  press(key: string): Promise<void>
  resize(width: number, height: number): Promise<void>
}

export interface Element {
  type(text: string): Promise<void>
  click(): Promise<void>
  /** The role and the name that assistive technology gets. */
  role(): Promise<string>
  label(): Promise<string>
}

const elementKey = 'element-6066-11e4-a52e-4f735466cecf'

/** Starts a browser with an empty profile, which reaches nothing but this machine. */
export async function startChromium(): Promise<Chromium> {
  const profile = mkdtempSync(join(tmpdir(), 'hookline-chromium-'))
  const child = spawn(driver, ['--port=0'], { stdio: ['ignore', 'pipe', 'ignore'] })
  const exited = once(child, 'exit')
  const origin = `http://127.0.0.1:${await portOf(child.stdout)}`
  const args = [
    ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
    ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
    '--disable-dev-shm-usage',
    '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
    `--user-data-dir=${profile}`,
  ]
  const alwaysMatch = { 'goog:chromeOptions': { binary: chromium, args } }
  const ask = asker(origin)
  const opened = await ask('POST', '/session', { capabilities: { alwaysMatch } })
  const session = `/session/${(opened as { sessionId: string }).sessionId}`
  const find = (selector: string) =>
    ask('POST', `${session}/element`, { using: 'css selector', value: selector })

  async function see(selector: string): Promise<Element> {
    const found = (await find(selector)) as Record<string, string>
    const path = `${session}/element/${found[elementKey]}`
    return {
      type: async (text) => void (await ask('POST', `${path}/value`, { text })),
      click: async () => void (await ask('POST', `${path}/click`, {})),
      role: async () => String(await ask('GET', `${path}/computedrole`)),
      label: async () => String(await ask('GET', `${path}/computedlabel`)),
    }
  }

  await ask('POST', `${session}/timeouts`, { implicit: 10_000 })
  const run = (script: string) => ask('POST', `${session}/execute/sync`, { script, args: [] })
  return {
    see,
    run,
    open: async (url) => void (await ask('POST', `${session}/url`, { url })),
    textOf: async (selector) => {
      await find(selector)
      return String(await run(`return document.querySelector('${selector}').innerText`))
    },
    url: async () => String(await ask('GET', `${session}/url`)),
    title: async () => String(await ask('GET', `${session}/title`)),
    press: async (key) => {
      const keys = ['keyDown', 'keyUp'].map((type) => ({ type, value: key }))
      const actions = [{ type: 'key', id: 'keyboard', actions: keys }]
      await ask('POST', `${session}/actions`, { actions })
    },
    resize: async (width, height) =>
      void (await ask('POST', `${session}/window/rect`, { width, height })),
    async [Symbol.asyncDispose]() {
      await ask('DELETE', session)
      child.kill()
      await exited
      rmSync(profile, { recursive: true, force: true })
    },
  }
}

function asker(origin: string) {
  return async (method: string, path: string, body?: object): Promise<unknown> => {
    const response = await fetch(`${origin}${path}`, {
      method,
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
    const { value } = (await response.json()) as { value: { message?: string } | null }
    if (!response.ok) throw new Error(`${method} ${path}: ${value?.message}`)
    return value
  }
}

async function portOf(output: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface({ input: output })) {
    const port = /started successfully on port (\d+)/.exec(line)?.[1]
    if (port) {
      output.resume()
      return port
    }
  }
  throw new Error('chromedriver did not start')
}
