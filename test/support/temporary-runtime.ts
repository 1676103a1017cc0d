import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRuntime, type Runtime, type RuntimeOptions } from '../../runtime/runtime.ts'
import { keysFromFile } from '../../runtime/store/key-file.ts'

/** A whole runtime over a folder that ends with it. */
export interface TemporaryRuntime extends AsyncDisposable {
  readonly runtime: Runtime
  /** One more runtime over the same store and key, as another process would have it. */
  another(): Runtime
  /** For whatever else the test keeps. */
  readonly folder: string
}

/** Opens a runtime with a store and a key of its own, which may reach 127.0.0.0/8. */
export function openTemporaryRuntime(
  connectors: RuntimeOptions['connectors'] | ((folder: string) => RuntimeOptions['connectors']),
): TemporaryRuntime {
  const folder = mkdtempSync(join(tmpdir(), 'hookline-test-'))
  const open = () => createRuntime(options)
  const options: RuntimeOptions = {
    connectors: typeof connectors === 'function' ? connectors(folder) : connectors,
    store: join(folder, 'store.sqlite'),
    keys: keysFromFile(join(folder, 'key'), { onMade: () => {} }),
    allowPrivate: ['127.0.0.0/8'],
  }
  const runtime = open()
  const others: Runtime[] = []
  return {
    runtime,
    another: () => {
      const other = open()
      others.push(other)
      return other
    },
    folder,
    async [Symbol.asyncDispose]() {
      for (const each of [...others, runtime]) await each[Symbol.asyncDispose]()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
