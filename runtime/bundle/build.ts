/**
 * The last step of `npm run build`: puts the guest and its libraries, bundled, beside the compiled
 * runtime, and with them the licences of the packages that went in.
 */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { buildLibrary, libraryFile, libraryNames } from './libraries.ts'
import { buildPrelude } from './prelude.ts'

const folder = new URL('../../dist/runtime/sandbox/guest/', import.meta.url)

await mkdir(new URL('libraries/', folder), { recursive: true })
await writeFile(new URL('prelude.bundle.js', folder), await buildPrelude())

const libraries = await Promise.all(libraryNames.map(buildLibrary))
for (const [index, { text }] of libraries.entries()) {
  await writeFile(new URL(libraryFile(libraryNames[index] ?? ''), folder), text)
}
const packages = [...new Set(libraries.flatMap((library) => library.packages))].toSorted()
const licences = await Promise.all(packages.map(licenceOf))
await writeFile(new URL('libraries/LICENSES.txt', folder), licences.join('\n\n'))

async function licenceOf(path: string): Promise<string> {
  const home = new URL(`../../${path}/`, import.meta.url)
  const { name, version, license, author } = JSON.parse(
    await readFile(new URL('package.json', home), 'utf8'),
  ) as Record<string, unknown>
  const file = (await readdir(home)).find((each) => /^licen[cs]e/i.test(each))
  const text = file === undefined ? '' : await readFile(new URL(file, home), 'utf8')
  const by = text === '' ? `, ${JSON.stringify(author)}` : ''
  return `${name} ${version} (${license}${by})\n\n${text}`.trimEnd()
}
