import { existsSync } from 'node:fs'
import { isIP } from 'node:net'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { UsageError } from '../runtime/model/usage-error.ts'

/** Options that every command takes, as the command line or `HOOKLINE_*` gave them. */
export type GlobalOptions = {
  readonly store?: string
  readonly connectors?: string
  readonly apps?: string
  readonly tenant?: string
  readonly allowPrivate?: readonly string[]
  readonly json?: boolean
}

export type Settings = {
  /** Where the store and the key are, unless they are named apart. */
  readonly home: string
  /** A file, or `postgres://…`. */
  readonly store: string
  /** Null where `HOOKLINE_KEY` holds the key itself. */
  readonly keyFile: string | null
  readonly connectors: string
  /** Null where none were named, and there is no `./apps`. */
  readonly apps: string | null
  readonly tenant: string
  readonly allowPrivate: readonly string[]
  readonly json: boolean
}

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Where everything is. `HOOKLINE_HOME` is `~/.hookline` unless said: the same place on every system,
 * easy to name in a message, to back up and to delete. Throws `UsageError` for a network that is
 * not in CIDR notation.
 */
export function readSettings(
  options: GlobalOptions,
  environment: Environment = process.env,
): Settings {
  const home = resolve(environment.HOOKLINE_HOME || join(homedir(), '.hookline'))
  const store = options.store || join(home, 'hookline.sqlite')
  return {
    home,
    store: /^postgres(ql)?:/.test(store) ? store : resolve(store),
    keyFile: environment.HOOKLINE_KEY
      ? null
      : resolve(environment.HOOKLINE_KEY_FILE || join(home, 'key')),
    connectors: resolve(options.connectors || 'connectors'),
    apps: options.apps ? resolve(options.apps) : existsSync('apps') ? resolve('apps') : null,
    tenant: options.tenant || 'default',
    allowPrivate: (options.allowPrivate ?? []).map(asNetwork),
    json: options.json ?? false,
  }
}

/** Throws `UsageError` where the folder of connectors is not there, which is nobody's typo in a name. */
export function demandConnectors({ connectors }: Settings): void {
  if (existsSync(connectors)) return
  throw new UsageError('entityMissing', `There is no folder of connectors at ${connectors}`, {
    cure: 'Run hookline where `connectors/` is, or name the folder with --connectors <folder>.',
  })
}

function asNetwork(text: string): string {
  const [, address = '', bits = ''] = /^([\d.]+|[\da-f:.]+)\/(\d{1,3})$/i.exec(text) ?? []
  const version = isIP(address)
  if (version !== 0 && Number(bits) <= (version === 4 ? 32 : 128)) return text
  throw new UsageError('entityInvalid', `\`${text}\` is not a network in CIDR notation`, {
    cure: 'Write it as in --allow-private 127.0.0.0/8.',
  })
}
