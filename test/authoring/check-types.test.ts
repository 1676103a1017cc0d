import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { typeErrors } from '../../runtime/authoring/check-types.ts'
import { findTypeScript, type TypeScript } from '../../runtime/authoring/typescript.ts'
import { loadFolder } from '../../runtime/definition/load.ts'

let folder: string
let typescript: TypeScript

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hookline-authors-'))
  const found = findTypeScript(process.cwd(), [])
  if (found === null) throw new Error('this project has TypeScript')
  typescript = found
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

function put(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
}

/** `file:line:column message` of each error in a connector with two methods. */
async function errorsIn(
  name: string,
  scripts: Readonly<Record<'main.js' | 'list.js' | 'get.ts', string>>,
): Promise<readonly string[]> {
  put({
    [`${name}/connector.yaml`]: `
base_url: https://api.vendor.example
script: main.js
methods:
  list: { path: /, script: list.js }
  get: { path: /, script: get.ts }
`,
    ...Object.fromEntries(Object.entries(scripts).map(([file, text]) => [`${name}/${file}`, text])),
  })
  const { connector } = loadFolder(join(folder, name))
  const errors = await typeErrors({ folder: join(folder, name), connector }, typescript)
  return errors.map((error) => `${error.file}:${error.line}:${error.column} ${error.message}`)
}

test('typeErrors() has nothing to say of scripts that use what there is', async () => {
  const errors = await errorsIn('good', {
    'main.js': `function before_action() {
  method_request_headers.Authorization = 'Bearer ' + method_auth_value
  delete method_request.note
  console.log(moment().toISOString(), CryptoJS.MD5('a').toString())
}
function sign(text) { return cyclr_sign('HMAC-SHA256', script_parameters.Key, text) }`,
    'list.js': `function before_action() {
  method_request_parameters.sign = sign(method_endpoint)
  var answer = http_request({ url: method_endpoint, headers: { 'X-A': '1' } })
  if (answer.status_code === 401) throw new AuthRefreshException()
  if (answer.status_code === 403) throw AuthSessionException('again')
  return btoa(answer.content, 'utf-8') !== ''
}`,
    'get.ts': `import type { Handler, MethodError } from 'hookline/types'
export const after_error: Handler = () => {
  const error: MethodError = method_error
  error.isSuccess = true
}
export const after_action_paging: Handler = () => {
  next_last_successful_run_date = new Date()
}`,
  })
  expect(errors).toEqual([])
})

test('typeErrors() tells of wrong uses at the places of the author', async () => {
  const errors = await errorsIn('bad', {
    'main.js': 'function after_action() {\n  statusCode = 5\n  console.lgo(1)\n}',
    'list.js': "function after_error() {\n  http_request({ uri: '/' })\n}",
    'get.ts': 'export function after_action(): number {\n  return btoa(1)\n}',
  })
  expect(errors).toEqual([
    expect.stringMatching(/^get\.ts:2:3 Type 'string' is not assignable to type 'number'/),
    expect.stringMatching(/^get\.ts:2:15 Argument of type 'number' is not assignable/),
    expect.stringMatching(/^list\.js:2:18 .*'uri' does not exist in type 'HttpRequest'/),
    expect.stringMatching(/^main\.js:2:3 Cannot assign to 'statusCode'.* \(TS2588\)$/),
    expect.stringMatching(/^main\.js:3:11 Property 'lgo' does not exist on type 'Console'/),
  ])
})

test('typeErrors() quotes no place of the host', async () => {
  put({ 'hosted/node_modules/plain/index.js': 'exports.a = 1' })
  const errors = await errorsIn('hosted', {
    'main.js': '',
    'list.js': "import plain from 'plain'\nimport other from './other.js'\nplain(other)",
    'get.ts': "import plain from 'plain'\nexport const a: number = plain",
  })
  expect(errors.length).toBeGreaterThan(0)
  expect(errors.join('\n')).not.toContain(folder)
})

test('typeErrors() leaves nothing behind', async () => {
  const { TMPDIR } = process.env
  const workshops = join(folder, 'workshops')
  mkdirSync(workshops)
  process.env.TMPDIR = workshops
  await errorsIn('tidy', { 'main.js': '', 'list.js': '', 'get.ts': '' }).finally(() => {
    if (TMPDIR === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = TMPDIR
  })
  expect(readdirSync(workshops)).toEqual([])
})

test('findTypeScript() is null where the project has none', () => {
  expect(findTypeScript(folder, [])).toBeNull()
})

test('findTypeScript() never runs one that a connector brings along', () => {
  put({
    'evil/node_modules/typescript/package.json':
      '{ "version": "1.0.0", "bin": { "tsc": "tsc.js" } }',
  })
  const evil = join(folder, 'evil')
  expect(findTypeScript(join(evil, 'scripts'), [evil])).toBeNull()
  expect(findTypeScript(evil, [evil])?.version).toBe('1.0.0')
})
