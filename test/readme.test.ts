/** What the README shows is run, as it stands there; only its example vendor gets a real address. */
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { json, startVendor, type Vendor } from './support/vendor.ts'

const run = promisify(execFile)
const readme = readFileSync('README.md', 'utf8')
const vendorInReadme = 'https://api.crm.example'

type Block = { readonly language: string; readonly code: string; readonly before: string }

const blocks: readonly Block[] = Array.from(
  readme.matchAll(/([^\n]*)\n\n```(\w+)\n([\s\S]*?)```/g),
  ([, before = '', language = '', code = '']) => ({ language, code, before }),
)

function block(language: string, where: (block: Block) => boolean): string {
  const found = blocks.find((candidate) => candidate.language === language && where(candidate))
  if (!found) throw new Error(`the README has no such block of ${language}`)
  return found.code
}

const connectorYaml = block('yaml', ({ before }) => before.includes('connector.yaml'))
const hooksJs = block('js', ({ before }) => before.includes('hooks.js'))
const rule = block('yaml', ({ code }) => code.startsWith('errors:'))
const commands = block('sh', ({ code }) => code.includes('hookline run'))
const embedding = block('ts', () => true)

/** Rejects the access token `access-1` by a 200, as the README says of its vendor. */
async function startCrm(): Promise<Vendor> {
  const vendor = await startVendor()
  vendor.on('/oauth/token', json({ access_token: 'access-2', refresh_token: 'refresh-2' }))
  vendor.on('/contacts', (request, response) => {
    const alive = request.headers.authorization === 'Bearer access-2'
    const content = alive ? [{ name: 'Ann' }] : { error: 'invalid_grant' }
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(content))
  })
  return vendor
}

function writeProject(vendor: Vendor, definition: string, scripts: Record<string, string>) {
  const folder = mkdtempSync(join(tmpdir(), 'hookline-readme-'))
  const connector = join(folder, 'connectors/crm')
  mkdirSync(connector, { recursive: true })
  writeFileSync(
    join(connector, 'connector.yaml'),
    definition.replaceAll(vendorInReadme, vendor.origin),
  )
  for (const [name, source] of Object.entries(scripts)) writeFileSync(join(connector, name), source)
  const tokens = {
    access_token: 'access-1',
    refresh_token: 'refresh-1',
    properties: { ClientId: 'our-client', ClientSecret: 'our-secret' },
  }
  writeFileSync(join(folder, 'tokens.json'), JSON.stringify(tokens))
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) }
}

/** The commands of the README, in the folder of a reader who did what it says. */
async function typeCommands(folder: string): Promise<string> {
  let output = ''
  for (const line of commands.trim().split('\n')) {
    const [program, ...words] = line.split(' ')
    expect(program).toBe('hookline')
    const { stdout } = await run(process.execPath, [resolve('bin/hookline.ts'), ...words], {
      cwd: folder,
      env: { ...process.env, HOOKLINE_HOME: folder, HOOKLINE_ALLOW_PRIVATE: '127.0.0.0/8' },
    })
    output = stdout
  }
  return output
}

test.each([
  ['its script', connectorYaml, { 'hooks.js': hooksJs }],
  ['the rule that says the same', `${connectorYaml.replace('script: hooks.js\n', '')}${rule}`, {}],
])('the smallest connector renews by %s', async (_how, definition, scripts) => {
  await using vendor = await startCrm()
  using project = writeProject(vendor, definition, scripts)
  expect(JSON.parse(await typeCommands(project.folder))).toEqual([{ name: 'Ann' }])
  expect(vendor.requests.map(({ path }) => path)).toEqual([
    '/contacts',
    '/oauth/token',
    '/contacts',
  ])
})

test('the embedding program does what it says, in fifteen lines', async () => {
  await using vendor = await startCrm()
  using project = writeProject(vendor, connectorYaml, { 'hooks.js': hooksJs })
  expect(embedding.trim().split('\n').length).toBeLessThanOrEqual(16)
  const library = pathToFileURL(resolve('runtime/index.ts')).href
  const program = embedding
    .replace("from 'hookline'", `from '${library}'`)
    .replace("store: '", "allowPrivate: ['127.0.0.0/8'], store: '")
  writeFileSync(join(project.folder, 'program.ts'), program)
  const { stdout, stderr } = await run(process.execPath, ['program.ts'], { cwd: project.folder })
  expect(stdout).toContain("name: 'Ann'")
  expect(stderr).toContain('made a key')
})

test('the two commands are those of package.json', () => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'))
  for (const [, name = ''] of readme.matchAll(/npm ci && npm (?:run )?(\w+)/g)) {
    expect(scripts).toHaveProperty(name)
  }
})

test('every file that the README points to is there', () => {
  for (const [, path = ''] of readme.matchAll(/\]\(([\w./-]+)\)/g)) {
    expect(() => readFileSync(path), path).not.toThrow()
  }
})

test('every test that SECURITY.md names is there', () => {
  const security = readFileSync('SECURITY.md', 'utf8')
  const named = Array.from(
    security.matchAll(/`(test\/[\w./-]+\.test\.ts)`/g),
    ([, path = '']) => path,
  )
  expect(named.length).toBeGreaterThan(8)
  for (const path of named) expect(() => readFileSync(path), path).not.toThrow()
})
