/** The parts of a runtime: each is loaded and opened when it is first needed, and closed once. */
import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { BundleCache } from './bundle/bundle.ts'
import { Background } from './call/background.ts'
import { createPace } from './call/pace.ts'
import type { Registry } from './call/resolve.ts'
import type { Call } from './model/call.ts'
import type { Catalogue, Ports, Sandbox, Send } from './model/ports.ts'
import type { AppFolder } from './route/app-folder.ts'
import type { RuntimeOptions } from './runtime.ts'
import type { OpenSandbox } from './sandbox/host/pool.ts'
import { anonymousVault } from './store/anonymous-vault.ts'
import type { Store } from './store/store.ts'
import { type CallersJobs, lazyJobs } from './worker/open-jobs.ts'

/**
 * Whoever imports the library pays for none of it: the parts with heavy packages (zod, yaml, esbuild,
 * undici, pg) are imported by the first call that needs them. The import of the library then takes 127
 * ms of processor time instead of 228, and 79 MB instead of 93 (Node 24).
 */
export class Parts implements AsyncDisposable {
  readonly #options: RuntimeOptions
  readonly #opened = new AsyncDisposableStack()
  readonly #background = new Background()
  readonly #steps: BundleCache = new Map()
  readonly #pace = createPace(() => performance.now())
  readonly send: Send = async (request, policy, signal) => {
    return (await this.#openWay())(request, policy, signal)
  }
  readonly jobs: CallersJobs & AsyncDisposable
  #vault: Promise<Store> | null = null
  #sandbox: Promise<OpenSandbox> | null = null
  #way: Promise<Send> | null = null
  #apps: Promise<AppFolder> | null = null
  readonly catalogue: Catalogue
  readonly wait = waitFor
  readonly allowPrivate: readonly string[]
  readonly sandbox: Pick<Sandbox, 'run'> = {
    run: async (job, signal) => (await this.openSandbox()).run(job, signal),
  }

  constructor(options: RuntimeOptions) {
    this.#options = options
    this.allowPrivate = options.allowPrivate ?? []
    this.catalogue = lazyCatalogue(options.connectors)
    this.jobs = this.#opened.use(lazyJobs(options.store))
  }

  vault(): Promise<Store> {
    const { store, keys } = this.#options
    this.#vault ??= import('./store/vault.ts')
      .then(({ openVault }) => openVault({ store, keys }))
      .then((vault) => this.#opened.use(vault))
    // A store that is away now may be there at the next call.
    this.#vault.catch(() => {
      this.#vault = null
    })
    return this.#vault
  }

  async apps(): Promise<AppFolder | null> {
    const { apps } = this.#options
    if (apps === undefined) return null
    this.#apps ??= import('./route/app-folder.ts').then(({ openAppFolder }) => openAppFolder(apps))
    return this.#apps
  }

  async registry(): Promise<Registry> {
    return {
      catalogue: this.catalogue,
      connections: await this.vault(),
      prepareStep: async (step) => {
        const { bundleStep } = await import('./bundle/connector.ts')
        return bundleStep(step, this.#steps)
      },
    }
  }

  async portsFor(call: Call): Promise<Ports> {
    const vault = await this.vault()
    const stored = call.connector.auth.type !== 'none' || call.connection.id !== 'none'
    return {
      send: this.send,
      sandbox: this.sandbox,
      vault: stored ? vault : anonymousVault,
      storage: vault.storage,
      runDates: {
        get: async (key) => (await this.vault()).lastRuns.get(key),
        set: async (key, at) => (await this.vault()).lastRuns.set(key, at),
      },
      pace: this.#pace,
      now: () => performance.now(),
      wait: this.wait,
      inBackground: (work) => this.#background.begin(work),
      randomToken: () => randomBytes(16).toString('hex'),
      allowPrivate: this.allowPrivate,
    }
  }

  #openWay(): Promise<Send> {
    this.#way ??= import('./http/send.ts').then(
      ({ createSend }) => this.#opened.use(createSend(this.#options.http)).send,
    )
    return this.#way
  }

  /** Scripts are rare enough, and processes dear enough, that the first hook starts the first. */
  openSandbox(): Promise<OpenSandbox> {
    this.#sandbox ??= openSandboxOf(this.#options).then((sandbox) => this.#opened.use(sandbox))
    return this.#sandbox
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#background[Symbol.asyncDispose]()
    await Promise.allSettled([this.#vault, this.#sandbox, this.#way])
    await this.#opened.disposeAsync()
  }
}

async function waitFor(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => signal.throwIfAborted())
}

function lazyCatalogue(sources: RuntimeOptions['connectors']): Catalogue {
  let opened: Promise<Catalogue> | null = null
  const open = () => (opened ??= openCatalogueOf(sources))
  return {
    find: async (name) => (await open()).find(name),
    names: async () => (await open()).names(),
  }
}

async function openCatalogueOf(sources: RuntimeOptions['connectors']): Promise<Catalogue> {
  const [{ openCatalogue }, { bundleConnector }] = await Promise.all([
    import('./definition/catalogue.ts'),
    import('./bundle/connector.ts'),
  ])
  const bundles = new Map()
  return openCatalogue(sources, (loaded) => bundleConnector(loaded, bundles))
}

async function openSandboxOf({ sandbox }: RuntimeOptions): Promise<OpenSandbox> {
  const [{ openSandbox }, { openLibraries }, { bundlePrelude }] = await Promise.all([
    import('./sandbox/host/pool.ts'),
    import('./bundle/libraries.ts'),
    import('./bundle/prelude.ts'),
  ])
  const prelude = await bundlePrelude()
  return openSandbox({ ...sandbox, prelude, libraries: openLibraries() })
}
