import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CallRequest, Outcome } from '../../runtime/model/call.ts'
import { openTemporaryRuntime, type TemporaryRuntime } from '../support/temporary-runtime.ts'
import { startVendor, type Vendor } from '../support/vendor.ts'

/** A shipped connector, as it is but for its hosts, and a vendor that plays the API it was made for. */
export interface AtVendor extends AsyncDisposable {
  readonly vendor: Vendor
  /** Another host of the same vendor, where the OAuth addresses are. */
  readonly login: Vendor
  readonly runtime: TemporaryRuntime['runtime']
  call(method: string, input?: CallRequest['input']): Promise<Outcome>
}

/** The one connection of these tests. */
export const ref = { tenant: 'acme', connection: 'ada' } as const

export type Hosts = { readonly api: string; readonly login?: string }

/** Opens the connector with its hosts replaced by those of a vendor on loopback. */
export async function atVendor(connector: string, hosts: Hosts): Promise<AtVendor> {
  await using parts = new AsyncDisposableStack()
  const vendor = parts.use(await startVendor())
  const login = parts.use(await startVendor())
  const { runtime } = parts.use(
    openTemporaryRuntime((folder) => {
      const copy = join(folder, 'connectors')
      cpSync(join('connectors', connector), join(copy, connector), { recursive: true })
      const file = join(copy, connector, 'connector.yaml')
      const text = readFileSync(file, 'utf8').replaceAll(hosts.api, vendor.origin)
      writeFileSync(file, hosts.login ? text.replaceAll(hosts.login, login.origin) : text)
      return copy
    }),
  )
  const whole = parts.move()
  return {
    vendor,
    login,
    runtime,
    call: (method, input = {}) => runtime.call({ ...ref, connector, method, input }),
    [Symbol.asyncDispose]: () => whole.disposeAsync(),
  }
}
