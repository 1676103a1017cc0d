/** The server for those who embed it: what it is made of is loaded when one is started. */
import type { AppStore } from './route/app-store.ts'
import type { CentralAuthGuardOptions } from './server/central-auth-guard.ts'
import type { Guard } from './server/guard.ts'
import type { RunningServer, ServerOptions } from './server/server.ts'

/**
 * Starts a server. Rejects with the system's error where it cannot listen, and with `UsageError`
 * (`entityInvalid`) where the secret of the webhooks is too short.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const server = await import('./server/server.ts')
  return server.startServer(options)
}

/** Opens a folder with a file for each app, for the server to read and to change. */
export async function openAppStore(path: string): Promise<AppStore> {
  const store = await import('./route/app-store.ts')
  return store.openAppStore({ path })
}

/**
 * Lets in the tokens whose hashes are in a file, which is read again when it was changed. Rejects
 * with `UsageError` where it is not there, and with its faults where it cannot be read.
 */
export async function tokensFromFile(path: string): Promise<Guard> {
  const tokens = await import('./server/tokens.ts')
  return tokens.tokensFromFile(path)
}

/** Lets in the users of a CentralAuth server. Disposing of it closes its connections to that. */
export async function centralAuthGuard(
  options: Omit<CentralAuthGuardOptions, 'send'>,
): Promise<Guard & AsyncDisposable> {
  const [guards, { createSend }] = await Promise.all([
    import('./server/central-auth-guard.ts'),
    import('./http/send.ts'),
  ])
  const way = createSend()
  const guard = guards.centralAuthGuard({ ...options, send: way.send })
  return Object.assign(guard, { [Symbol.asyncDispose]: () => way[Symbol.asyncDispose]() })
}
