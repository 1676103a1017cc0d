import { join } from 'node:path'
import type { LoginPorts } from '../../runtime/connect/login.ts'
import { openCatalogue } from '../../runtime/definition/catalogue.ts'
import { createSend } from '../../runtime/http/send.ts'
import { keysFromFile } from '../../runtime/store/key-file.ts'
import { openVault } from '../../runtime/store/vault.ts'
import { temporaryFolder } from '../store/temporary-folder.ts'

/** The real parts of a login, but for its pauses, which are noted, and its verification. */
export async function openPorts(definition: string) {
  await using parts = new AsyncDisposableStack()
  const folder = temporaryFolder()
  const keys = keysFromFile(join(folder, 'key'), { onMade: () => {} })
  const vault = parts.use(await openVault({ store: join(folder, 'store.sqlite'), keys }))
  const { send } = parts.use(createSend())
  const pauses: number[] = []
  let ahead = 0
  const ports: LoginPorts = {
    ...{ catalogue: openCatalogue({ definition }), vault, send },
    allowPrivate: ['127.0.0.0/8'],
    now: () => Date.now() + ahead,
    wait: async (ms) => {
      pauses.push(ms)
    },
    verify: async () => ({
      state: 'active',
      failure: null,
      trail: { startedAt: new Date(), ms: 0, attempts: [] },
      test: null,
    }),
  }
  const whole = parts.move()
  const passTime = (ms: number) => {
    ahead += ms
  }
  return { ports, pauses, passTime, [Symbol.asyncDispose]: () => whole.disposeAsync() }
}
