import ivm from 'isolated-vm'
import { endProcess } from './channel.ts'

/** The one owner of isolated-vm: everything else in the process sees this file's words. */

/** Where a context hands its texts, and where it gets others; called in the middle of a hook. */
export type GuestPorts = {
  readonly deliver: (record: string) => void
  readonly ask: (name: string, argument: string) => string
  readonly fetch: (global: number) => string
}

export type Isolate = {
  createContext(ports: GuestPorts): Context
  /** Bytes of heap, with what arrays and buffers hold beside it. */
  heapBytes(): number
  /** True after the heap met its limit; nothing in it can be used then. */
  isDead(): boolean
  dispose(): void
}

/** A context with the prelude in it, ready for one hook. */
export type Context = {
  /** The libraries that it has. */
  readonly installed: ReadonlySet<string>
  /** Gives a library to the scripts, unless they have it; compiles it once for all contexts. */
  install(library: string): void
  /** Compiles and runs one source in the global scope. Throws what it throws, copied. */
  load(source: string, file: string, timeout: number): void
  /** One step of the guest, with texts. */
  call(step: 'begin' | 'capture' | 'fail' | 'finish', values: Values, timeout?: number): void
  release(): void
}

export type Values = readonly (string | number | readonly string[])[]

/** What isolated-vm says when `timeout` has passed. A script may say so too: look at the clock. */
export const timeoutMessage = 'Script execution timed out.'

/** The heap of a realm in which the prelude has run: every context begins as a copy of it. */
export type Snapshot = ivm.ExternalCopy<ArrayBuffer>

/** Runs the prelude once. Throws what it throws, or what the compiler says of it. */
export function takeSnapshot(prelude: string): Snapshot {
  return ivm.Isolate.createSnapshot([{ code: `globalThis.install = ${prelude}` }])
}

/** Takes `install` away from the scripts. */
const takeInstall =
  '(() => { const { install } = globalThis; delete globalThis.install; return install })()'

/** `libraries`: texts by name; more may come while the isolate lives. */
export function createIsolate(
  snapshot: Snapshot,
  libraries: ReadonlyMap<string, string>,
  memoryMb: number,
): Isolate {
  const isolate = new ivm.Isolate({ memoryLimit: memoryMb, snapshot })
  const compiled = new Map<string, ivm.Script>()

  /** Scripts of ours, whose text stays the same. */
  function compile(name: string, source: string): ivm.Script {
    const known = compiled.get(name)
    const script = known ?? isolate.compileScriptSync(source, { filename: `hookline:${name}` })
    if (known === undefined) compiled.set(name, script)
    return script
  }

  return {
    createContext: (ports) => {
      const run = (name: string, source: string, context: ivm.Context): ivm.Reference =>
        compile(name, source).runSync(context, { reference: true })
      return createContext(isolate, { run, libraries }, ports)
    },
    heapBytes() {
      const heap = isolate.getHeapStatisticsSync()
      return heap.total_physical_size + heap.malloced_memory + heap.externally_allocated_size
    },
    isDead: () => isolate.isDisposed,
    dispose() {
      if (!isolate.isDisposed) isolate.dispose()
    },
  }
}

/** Our own code for contexts, and how it gets into one. */
type Furniture = {
  /** Runs an expression whose value is a function. */
  readonly run: (name: string, source: string, context: ivm.Context) => ivm.Reference
  readonly libraries: ReadonlyMap<string, string>
}

function createContext(isolate: ivm.Isolate, own: Furniture, ports: GuestPorts): Context {
  const context = isolate.createContextSync()
  const install = own.run('install', takeInstall, context)
  const guest: ivm.Reference = install.applySync(
    undefined,
    [ports.deliver, ports.ask, ports.fetch].map(callback),
    { result: { reference: true } },
  )
  install.release()
  const installed = new Set<string>()

  return {
    installed,
    install(library) {
      const source = own.libraries.get(library)
      if (source === undefined || installed.has(library)) return
      installed.add(library)
      const installer = own.run(library, source, context)
      guest.applySync(undefined, ['furnish', installer.derefInto({ release: true })])
    },
    load(source, file, timeout) {
      const script = isolate.compileScriptSync(source, { filename: file })
      script.runSync(context, { timeout, release: true })
    },
    call(step, values, timeout) {
      const clock = timeout === undefined ? {} : { timeout }
      guest.applySync(undefined, [step, ...values], { arguments: { copy: true }, ...clock })
    },
    release() {
      guest.release()
      context.release()
    },
  }
}

function callback<Values extends never[]>(port: (...values: Values) => unknown): ivm.Callback {
  return new ivm.Callback(guarded(port))
}

/** An error of ours must not reach a script: its stack names files of this machine. */
function guarded<Values extends unknown[], Result>(
  call: (...values: Values) => Result,
): (...values: Values) => Result {
  return (...values) => {
    try {
      return call(...values)
    } catch {
      return endProcess()
    }
  }
}
