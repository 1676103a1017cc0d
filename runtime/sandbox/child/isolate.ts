import ivm from 'isolated-vm'
import { endProcess } from './channel.ts'

/** The one owner of isolated-vm: everything else in the process sees this file's words. */

/** Where a context hands its texts; called by the guest, in the middle of a hook. */
export type GuestPorts = {
  readonly deliver: (record: string) => void
  readonly ask: (name: string, argument: string) => string
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
  /** Compiles and runs one source in the global scope. Throws what it throws, copied. */
  load(source: string, file: string, timeout: number): void
  /** Calls a function of the guest with texts. */
  call(name: 'begin' | 'capture' | 'fail' | 'finish', values: Values, timeout?: number): void
  release(): void
}

export type Values = readonly (string | number | readonly string[])[]

/** What isolated-vm says when `timeout` has passed. A script may say so too: look at the clock. */
export const timeoutMessage = 'Script execution timed out.'

export function createIsolate(prelude: string, memoryMb: number): Isolate {
  const isolate = new ivm.Isolate({ memoryLimit: memoryMb })
  const script = isolate.compileScriptSync(prelude, { filename: 'hookline:prelude' })

  return {
    createContext: (ports) => createContext(isolate, script, ports),
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

function createContext(isolate: ivm.Isolate, prelude: ivm.Script, ports: GuestPorts): Context {
  const context = isolate.createContextSync()
  const install: ivm.Reference = prelude.runSync(context, { reference: true })
  const guest: ivm.Reference = install.applySync(
    undefined,
    [new ivm.Callback(guarded(ports.deliver)), new ivm.Callback(guarded(ports.ask))],
    { result: { reference: true } },
  )
  install.release()

  return {
    load(source, file, timeout) {
      const script = isolate.compileScriptSync(source, { filename: file })
      script.runSync(context, { timeout, release: true })
    },
    call(name, values, timeout) {
      const entry: ivm.Reference = guest.getSync(name, { reference: true })
      const clock = timeout === undefined ? {} : { timeout }
      entry.applySync(undefined, [...values], { arguments: { copy: true }, ...clock })
      entry.release()
    },
    release() {
      guest.release()
      context.release()
    },
  }
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
