/** Names that nothing has, so that using them throws a ReferenceError. */
import { runInNewContext } from 'node:vm'
import { nearest } from '../model/nearest.ts'
import { absentEvents, eventNames } from './events.ts'
import { exceptionNames, functions, libraryNames } from './functions.ts'
import { globals } from './globals.ts'
import type { Remark, ScriptFacts } from './script-facts.ts'

/** `elsewhere`: what the other scripts declare that share the global scope. */
export function nameRemarks(facts: ScriptFacts, elsewhere: ReadonlySet<string>): readonly Remark[] {
  const { declared, references } = facts
  const made = new Set(references.filter(({ use }) => use === 'write').map(({ name }) => name))
  const tested = new Set(references.filter(({ use }) => use === 'test').map(({ name }) => name))
  const known = (name: string) =>
    isGiven(name) || declared.has(name) || elsewhere.has(name) || made.has(name) || tested.has(name)
  const seen = new Set<string>()
  return references.flatMap(({ name, at, use }) => {
    if (use === 'write' || known(name) || seen.has(name)) return []
    seen.add(name)
    return [
      {
        at,
        message: `nothing is called \`${name}\` here${cure(name, [...declared, ...elsewhere])}`,
      },
    ]
  })
}

const ours: ReadonlySet<string> = new Set([
  ...globals.map(({ name }) => name),
  ...functions.map(({ name }) => name),
  ...libraryNames,
  ...exceptionNames,
  ...eventNames,
  ...absentEvents.keys(),
])

/** What the sandbox takes away before a script runs. */
const takenAway = ['WebAssembly', 'SharedArrayBuffer', 'Atomics', 'FinalizationRegistry', 'WeakRef']

/** What the language itself has, asked of the engine that runs scripts. */
const language: ReadonlySet<string> = new Set(
  (runInNewContext('Object.getOwnPropertyNames(globalThis)') as string[]).filter(
    (name) => !takenAway.includes(name),
  ),
)

function isGiven(name: string): boolean {
  return ours.has(name) || language.has(name)
}

/** What authors reach for who know browsers or Node. */
const foreign: ReadonlyMap<string, string> = new Map([
  ...['fetch', 'XMLHttpRequest', 'axios', 'request'].map(
    (name) => [name, 'use `http_request`, which returns the answer'] as const,
  ),
  ...['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'sleep'].map(
    (name) => [name, 'a hook is synchronous and nothing in it can run later'] as const,
  ),
  ['Buffer', 'use `btoa` and `atob`, which take a charset'],
  ['TextEncoder', 'use `btoa` and `atob`, which take a charset'],
  ['TextDecoder', 'use `btoa` and `atob`, which take a charset'],
  ['crypto', 'use `cyclr_sign` or `CryptoJS`'],
  ['process', 'a script has no environment; a property with `in: script` brings it a value'],
  ['module', 'a handler is a global function, or an export'],
  ['exports', 'a handler is a global function, or an export'],
  ['window', 'globals are plain names, and `globalThis` holds them'],
  ['document', 'there is no page'],
  ['_', 'bring lodash in by `import`'],
])

function cure(name: string, declared: readonly string[]): string {
  const instead = foreign.get(name)
  if (instead !== undefined) return `: ${instead}`
  const meant = nearest(name, [...ours, ...declared])
  return meant === null ? '' : `; did you mean \`${meant}\`?`
}
