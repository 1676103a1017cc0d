import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type OAuthServer, startOAuthServer } from '../support/oauth-server.ts'
import { type SessionApi, startSessionApi } from '../support/session-api.ts'
import { startVendorApi, type VendorApi } from '../support/vendor-api.ts'
import { type CommandLine, commandLine, type Settings } from './command-line.ts'
import { writeConnectors } from './connectors.ts'
import type { Counters } from './judge.ts'

/** Everything the demo plays with: three servers, the connectors for them, and a command line. */
export interface Stage extends AsyncDisposable {
  readonly oauth: OAuthServer
  readonly vendor: VendorApi
  readonly sessions: SessionApi
  readonly settings: Settings
  readonly hookline: CommandLine
  counters(): Counters
}

export async function setStage(): Promise<Stage> {
  await using parts = new AsyncDisposableStack()
  const home = mkdtempSync(join(tmpdir(), 'hookline-demo-'))
  parts.defer(() => rmSync(home, { recursive: true, force: true }))
  // Its answers do not say when a token ends, which is why a script has to find out.
  const oauth = parts.use(await startOAuthServer({ announcesExpiry: false }))
  const vendor = parts.use(await startVendorApi(oauth))
  const sessions = parts.use(await startSessionApi())
  const connectors = join(home, 'connectors')
  writeConnectors(connectors, {
    VENDOR: vendor.origin,
    OAUTH: oauth.origin,
    SESSIONS: sessions.origin,
  })
  const settings = {
    HOOKLINE_HOME: join(home, 'home'),
    HOOKLINE_CONNECTORS: connectors,
    // The demo's vendors are on loopback, which a connector may not reach unless the operator says so.
    HOOKLINE_ALLOW_PRIVATE: '127.0.0.0/8',
  }
  const whole = parts.move()
  return {
    oauth,
    vendor,
    sessions,
    settings,
    hookline: commandLine(home, settings),
    counters: () => ({
      refreshes: oauth.counts().refreshesAnswered200,
      reuseDetections: oauth.counts().reuseDetections,
      logins: sessions.counts().logins,
      received: vendor.total().received + sessions.counts().calls,
      accepted: vendor.total().good + sessions.counts().good,
      ordersCreated: vendor.ordersCreated(),
    }),
    [Symbol.asyncDispose]: () => whole.disposeAsync(),
  }
}
