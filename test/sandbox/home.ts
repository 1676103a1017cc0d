import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RuntimeOptions } from '../../runtime/runtime.ts'
import { keysFromFile } from '../../runtime/store/key-file.ts'

export type TemporaryHome = Disposable & {
  readonly options: Pick<RuntimeOptions, 'store' | 'keys' | 'allowPrivate'>
}

/** A store and a key in a folder that ends with it, for a runtime which may reach 127.0.0.0/8. */
export function temporaryHome(): TemporaryHome {
  const folder = mkdtempSync(join(tmpdir(), 'hookline-sandbox-'))
  return {
    options: {
      store: join(folder, 'store.sqlite'),
      keys: keysFromFile(join(folder, 'key'), { onMade: () => {} }),
      allowPrivate: ['127.0.0.0/8'],
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}
