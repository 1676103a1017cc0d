/**
 * Development only, run as a program: `erase-types.ts <to>` writes the sandbox process as
 * JavaScript. Node's own type stripper is WebAssembly, which `--jitless` turns off; so the process
 * cannot load `.ts` files, and a process of its own turns them into `.js` beforehand.
 */
import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const [, , to = ''] = process.argv
const from = fileURLToPath(new URL('..', import.meta.url))

for (const file of globSync(['*.ts', 'child/*.ts'], { cwd: from })) {
  const source = stripTypeScriptTypes(readFileSync(join(from, file), 'utf8'))
  const target = join(to, file.replace(/\.ts$/, '.js'))
  mkdirSync(dirname(target), { recursive: true })
  writeFileSync(target, source.replaceAll(/(from '\.[^']*)\.ts'/g, "$1.js'"))
}
writeFileSync(join(to, 'package.json'), '{ "type": "module" }\n')
