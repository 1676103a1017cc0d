import type { CallHost } from '../host.ts'
import { bounded, createObject, ErrorConstructor, toText } from '../intrinsics.ts'
import { defineGlobal } from './define.ts'

/** What a library is to the prelude: the `install` of a file in `libraries/`, run before scripts. */
export type Library = (kit: LibraryKit) => void

export type LibraryKit = {
  readonly callHost: CallHost
  /** Lets `require` find a module by its name. */
  readonly provide: (name: string, module: unknown) => void
}

/**
 * `require(name)` gives the libraries that scripts have as globals anyway, and of anything else says
 * that it cannot be found (dialect section 14, 17). Returns how a library is put in.
 */
export function installRequire(callHost: CallHost): (library: Library) => void {
  const modules = createObject(null) as Record<string, unknown>
  defineGlobal('require', (name?: unknown): unknown => {
    const wanted = toText(name)
    if (wanted in modules) return modules[wanted]
    throw new ErrorConstructor(`Cannot find module '${bounded(wanted, 200)}'`)
  })
  const provide = (name: string, module: unknown): void => {
    modules[name] = module
  }
  return (library) => library({ callHost, provide })
}
