/**
 * Says to esbuild where each import of a script comes from. The connector's own files come through
 * its `readFile` and never from outside its folder; packages come from the `node_modules` above it;
 * what needs Node, the network or an absolute path is refused, with the imports that led there.
 */
import { isBuiltin } from 'node:module'
import { dirname, join, normalize } from 'node:path/posix'
import type { ScriptToBundle } from './bundle.ts'
import type { bundleWith } from './esbuild.ts'

type Options = Parameters<typeof bundleWith>[0]
type Plugin = NonNullable<Options['plugins']>[number]
type Build = Parameters<Plugin['setup']>[0]
type Import = Parameters<Parameters<Build['onResolve']>[1]>[0]
type Resolved = ReturnType<Parameters<Build['onResolve']>[1]>
export type Result = Parameters<Parameters<Build['onEnd']>[0]>[0]

/** esbuild's namespace for the connector's own files; before a colon in the names it reports. */
export const ownSpace = 'connector'
export const entryName = 'hookline-entry'

export type Sources = {
  /** The module that esbuild begins with. */
  readonly entry: string
  /** The script itself, as it is to be bundled. */
  readonly script: string
}

/** A plugin for one build, and what the build came to. */
export function resolver(
  script: ScriptToBundle,
  sources: Sources,
): { readonly plugin: Plugin; readonly result: () => Result | null } {
  let result: Result | null = null
  const plugin: Plugin = {
    name: 'hookline',
    setup(build) {
      const resolution = new Resolution(script, build)
      build.onResolve({ filter: /.*/ }, (asked) => resolution.resolve(asked))
      build.onLoad({ filter: /.*/, namespace: entryName }, () => ({ contents: sources.entry }))
      build.onLoad({ filter: /.*/, namespace: ownSpace }, ({ path }) => ({
        contents: path === script.file ? sources.script : (script.readFile(path) ?? ''),
        loader: loaderOf(path),
        resolveDir: join(script.folder ?? '/', dirname(path)),
      }))
      build.onEnd((ended) => {
        result = ended
      })
    },
  }
  return { plugin, result: () => result }
}

/** A file as its author knows it: no place of the host is in a name. */
export function authorName(name: string): string {
  if (name.startsWith(`${ownSpace}:`)) return name.slice(ownSpace.length + 1)
  if (name.startsWith(`${entryName}:`)) return '(bundle)'
  const packages = name.lastIndexOf('node_modules/')
  return packages < 0 ? name.replace(/^(?:\.\.\/)+/, '') : name.slice(packages)
}

class Resolution {
  readonly #script: ScriptToBundle
  readonly #build: Build
  /** Which file first asked for a file; both by the names that authors know. */
  readonly #askedBy = new Map<string, string>()

  constructor(script: ScriptToBundle, build: Build) {
    this.#script = script
    this.#build = build
  }

  async resolve(asked: Import): Promise<Awaited<Resolved>> {
    if (asked.pluginData === again) return undefined
    if (asked.kind === 'entry-point') return { path: entryName, namespace: entryName }
    if (asked.namespace === entryName) return { path: this.#script.file, namespace: ownSpace }
    const own = asked.namespace === ownSpace
    if (own && /^\.\.?(?:\/|$)/.test(asked.path)) return this.#own(asked)
    if (own && asked.kind === 'require-call' && given.has(asked.path)) return outside(asked)
    if (/^(?:\/|[a-z][a-z0-9+.-]+:)/i.test(asked.path) && !isBuiltin(asked.path)) {
      return this.#refuse(asked, 'only files of the connector and npm packages can be imported')
    }
    return this.#package(asked, own)
  }

  #own(asked: Import): Awaited<Resolved> {
    const path = normalize(join(dirname(asked.importer), asked.path))
    if (path === '..' || path.startsWith('../')) {
      return this.#refuse(asked, "it lies outside the connector's folder")
    }
    const found = candidatesOf(path).find((file) => this.#script.readFile(file) !== null)
    if (found === undefined)
      return this.#refuse(asked, "there is no such file in the connector's folder")
    this.#note(found, asked)
    return { path: found, namespace: ownSpace }
  }

  async #package(asked: Import, own: boolean): Promise<Awaited<Resolved>> {
    if (this.#script.folder === null) return this.#unresolved(asked, own)
    const { kind, resolveDir, path } = asked
    const found = await this.#build.resolve(path, { kind, resolveDir, pluginData: again })
    if (found.errors.length > 0 || found.external) return this.#unresolved(asked, own)
    this.#note(found.path, asked)
    // An answer of ours could not say "empty for browsers", as esbuild's own does.
    return undefined
  }

  #unresolved(asked: Import, own: boolean): Awaited<Resolved> {
    if (isBuiltin(asked.path))
      return this.#refuse(asked, 'it needs Node, which scripts do not have')
    // The guest has its own answer: two libraries, and for the rest what `require` always says.
    if (own && (given.has(asked.path) || asked.kind === 'require-call')) return outside(asked)
    return this.#refuse(
      asked,
      this.#script.folder === null
        ? 'a connector without a folder has no npm packages'
        : "no package of that name is installed in the connector's folder or above it",
    )
  }

  #note(path: string, { importer }: Import): void {
    const name = authorName(path)
    if (!this.#askedBy.has(name)) this.#askedBy.set(name, authorName(importer))
  }

  #refuse(asked: Import, because: string): Awaited<Resolved> {
    const chain: string[] = [asked.path]
    let name: string | undefined = authorName(asked.importer)
    while (name !== undefined && !chain.includes(name)) {
      chain.unshift(name)
      name = this.#askedBy.get(name)
    }
    return {
      errors: [{ text: `cannot import "${asked.path}": ${because} (${chain.join(' → ')})` }],
    }
  }
}

/** Marks a question that this plugin puts to esbuild itself. */
const again = Symbol('again')

/** What the guest itself gives to `require` (dialect section 14, 17). */
const given: ReadonlySet<string> = new Set(['moment', 'crypto-js'])

function outside({ path }: Import): Awaited<Resolved> {
  return { path, external: true }
}

function candidatesOf(path: string): readonly string[] {
  const typed = path.replace(/\.([cm]?)js$/, '.$1ts')
  const endings = ['.ts', '.js', '.mts', '.mjs', '.cjs', '.json']
  return [
    path,
    ...(typed === path ? [] : [typed]),
    ...endings.map((ending) => `${path}${ending}`),
    ...['.ts', '.js'].map((ending) => join(path, `index${ending}`)),
  ]
}

function loaderOf(path: string): 'ts' | 'json' | 'text' | 'js' {
  if (/\.[cm]?ts$/.test(path)) return 'ts'
  if (path.endsWith('.json')) return 'json'
  return /\.[cm]?js$/.test(path) ? 'js' : 'text'
}
