import type { SourceMap } from '../model/connector.ts'
import type { HookEvent } from '../model/ports.ts'
import type { BundledScript, ScriptToBundle } from './bundle.ts'
import { bundleWith } from './esbuild.ts'
import { buildMessages, bundleFailure, tooLarge } from './refusal.ts'
import { authorName, entryName, ownSpace, type Result, resolver } from './resolver.ts'

const maximumBytes = 2 * 1024 * 1024

const events = [
  'before_webhook',
  'after_webhook',
  'webhook_condition',
  'before_action',
  'after_action',
  'after_action_paging',
  'after_error',
  'action_condition',
  'before_oauth2_authorise',
  'before_oauth2_token',
  'after_oauth2_token',
  'before_oauth2_refresh',
  'after_oauth2_refresh',
  'after_oauth2_refresh_error',
] as const satisfies readonly HookEvent[]

/** Runs esbuild over a script. Null where plain JavaScript turns out to have nothing to bundle. */
export async function buildBundle(script: ScriptToBundle): Promise<BundledScript | null> {
  const sources = { entry: entrySource(script.file), script: withGlobals(script.source) }
  const { plugin, result } = resolver(script, sources)
  try {
    await bundleWith({
      entryPoints: [entryName],
      outfile: 'bundle.js',
      ...(script.folder === null ? {} : { absWorkingDir: script.folder }),
      platform: 'browser',
      format: 'iife',
      target: 'es2023',
      sourcemap: 'external',
      metafile: true,
      legalComments: 'none',
      tsconfigRaw: {},
      plugins: [plugin],
    })
  } catch (error) {
    const messages = buildMessages(error)
    throw messages === null ? error : bundleFailure(messages, script)
  }
  const built = result()
  if (built === null) throw new Error('esbuild ended without a result')
  return read(script, built)
}

function read(script: ScriptToBundle, built: Result): BundledScript | null {
  if (isClassic(script, built)) return null
  const textOf = (ending: string) =>
    built.outputFiles?.find(({ path }) => path.endsWith(ending))?.text ?? ''
  const source = textOf('.js')
  if (Buffer.byteLength(source) > maximumBytes) throw tooLarge(script, sizesOf(built))
  const inputs = Object.keys(built.metafile?.inputs ?? {})
    .filter((name) => !name.startsWith(`${entryName}:`))
    .map(authorName)
  const others = inputs.filter((input) => input !== script.file)
  return { source, map: readMap(textOf('.map')), inputs: [script.file, ...others] }
}

/** A script that only looked as if it imported something; it then stays a script of globals. */
function isClassic({ file }: ScriptToBundle, { metafile }: Result): boolean {
  const input = metafile?.inputs[`${ownSpace}:${file}`]
  const needs = input?.imports.filter(({ external }) => !external) ?? []
  return /\.[cm]?js$/.test(file) && input?.format !== 'esm' && needs.length === 0
}

function sizesOf({ metafile }: Result): readonly (readonly [string, number])[] {
  const [output] = Object.entries(metafile?.outputs ?? {}).filter(([name]) => name.endsWith('.js'))
  return Object.entries(output?.[1].inputs ?? {}).map(
    ([name, { bytesInOutput }]) => [authorName(name), bytesInOutput] as const,
  )
}

function readMap(text: string): SourceMap {
  const map = JSON.parse(text) as SourceMap
  return {
    version: 3,
    sources: map.sources.map(authorName),
    sourcesContent: map.sourcesContent,
    names: map.names,
    mappings: map.mappings,
  }
}

/** Hooks are found as globals; what a module declares would stay inside it. */
function withGlobals(source: string): string {
  const named = events.filter((event) => source.includes(event))
  const lines = named.map(
    (event) => `if(typeof ${event}==="function")globalThis.${event}=${event};`,
  )
  return lines.length === 0 ? source : `${source}\n;${lines.join('')}`
}

/**
 * Exports are globals too, also those that come from another file. The names of the events are not
 * spelt out: a script that does not hold an event's name is known not to handle it.
 */
function entrySource(file: string): string {
  return `import * as script from ${JSON.stringify(`./${file}`)}
for (const name of Object.keys(script)) {
  if (/^(?:before|after)_|_condition$/.test(name)) globalThis[name] = script[name]
}`
}
