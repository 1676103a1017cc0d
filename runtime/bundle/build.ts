/** The last step of `npm run build`: puts the guest, bundled, beside the compiled runtime. */
import { mkdir, writeFile } from 'node:fs/promises'
import { buildPrelude } from './prelude.ts'

const folder = new URL('../../dist/runtime/sandbox/guest/', import.meta.url)

await mkdir(folder, { recursive: true })
await writeFile(new URL('prelude.bundle.js', folder), await buildPrelude())
