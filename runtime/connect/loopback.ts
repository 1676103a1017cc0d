/**
 * The login of a command line: a listener on the loopback address, for one login, that is gone when it
 * has succeeded (RFC 8252 sections 7.3 and 8.3). Every visit to `/login` is an attempt of its own, so
 * a login that failed may be tried again for as long as the listener waits.
 */
import { createServer, type Server } from 'node:http'
import { UsageError } from '../model/usage-error.ts'
import {
  type FinishedLogin,
  forgo,
  type LoginPorts,
  type LoginTarget,
  readTarget,
  reserve,
} from './login.ts'
import { attemptMs } from './login-attempt.ts'
import { Desk } from './login-desk.ts'
import { LoginError } from './login-error.ts'

export type LoopbackOptions = {
  /** Where a vendor wants it registered: `http://127.0.0.1:<port>/<path>`. Any free port unless said. */
  readonly redirectUri?: string
  /** False: the first login that fails is the last. */
  readonly retry: boolean
  /** How long it waits for somebody, in milliseconds; a little longer than one attempt may take. */
  readonly patienceMs?: number
  /** A login failed, and another one may follow. */
  readonly onRefused?: (error: LoginError) => void
}

export interface LoopbackLogin extends AsyncDisposable {
  /** Where a browser begins. It holds no secret. */
  readonly loginUrl: string
  readonly redirectUri: string
  /**
   * Resolves when the browser has been told of its success. Rejects with `LoginError`, or with the
   * reason of the aborted signal; then nothing is stored.
   */
  readonly finished: Promise<FinishedLogin>
}

/** Listens for one login. Rejects with `UsageError` where there is nothing to log in to, or no port. */
export async function listenForLogin(
  target: LoginTarget,
  options: LoopbackOptions,
  { ports, signal }: { readonly ports: LoginPorts; readonly signal: AbortSignal },
): Promise<LoopbackLogin> {
  const login = await readTarget(target, ports)
  const wanted = readRedirectUri(options.redirectUri)
  const server = createServer({ requestTimeout: 10_000, keepAlive: false })
  const port = await listen(server, wanted)
  const { origin } = new URL(`http://${wanted.hostname}:${port}`)
  const desk = new Desk({
    ...{ target, ports, signal, origin, path: wanted.pathname },
    ...{ retry: options.retry, onRefused: options.onRefused },
  })
  server.on('request', (request, response) => void desk.serve(request, response))
  try {
    await reserve(login, ports)
  } catch (error) {
    server.close()
    throw error
  }
  const patience = setTimeout(() => desk.runOut(tooLate()), options.patienceMs ?? attemptMs * 1.5)
  const interrupt = () => desk.giveUp(signal.reason)
  signal.addEventListener('abort', interrupt, { once: true })
  const close = async () => {
    clearTimeout(patience)
    signal.removeEventListener('abort', interrupt)
    server.close()
    server.closeAllConnections()
    if (!(await desk.succeeded())) await forgo(login, ports)
  }
  const finished = desk.finished.finally(close)
  finished.catch(() => {})
  return {
    loginUrl: `${origin}/login`,
    redirectUri: `${origin}${wanted.pathname}`,
    finished,
    async [Symbol.asyncDispose]() {
      desk.giveUp(new LoginError('loginAttemptInvalid', 'The login was given up.'))
      await close()
    },
  }
}

function tooLate(): LoginError {
  return new LoginError('loginAttemptExpired', 'Nobody logged in in time.')
}

/** Throws `UsageError` (callbackUrlInvalid) for an address that only another machine could serve. */
function readRedirectUri(text: string | undefined): URL {
  const url = URL.parse(text ?? 'http://127.0.0.1:0/callback')
  const good =
    url?.protocol === 'http:' &&
    /^(127\.0\.0\.1|localhost)$/.test(url.hostname) &&
    url.pathname !== '/login' &&
    url.search === '' &&
    url.hash === ''
  if (good) return url
  throw new UsageError('callbackUrlInvalid', `\`${text}\` cannot be listened on`, {
    cure: 'Use an address such as http://127.0.0.1:8765/callback, as the vendor knows it.',
  })
}

async function listen(server: Server, { port }: URL): Promise<number> {
  const listening = Promise.withResolvers<void>()
  server.once('error', listening.reject)
  server.listen(port === '' ? 80 : Number(port), '127.0.0.1', listening.resolve)
  try {
    await listening.promise
  } catch (cause) {
    throw new UsageError('callbackUrlInvalid', `Port ${port} is not free to listen on`, { cause })
  }
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('there is no port')
  return address.port
}
