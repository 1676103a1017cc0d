import { readFileSync } from 'node:fs'
import manifest from '../corpus/manifest.json' with { type: 'json' }

/** One script of the corpus, and what may become of it. `corpus/README.md` explains the fields. */
export type Attack = {
  readonly id: string
  readonly category: Category
  readonly hook: 'top-level' | 'after_action' | 'after_error'
  readonly source: string
  /** Acceptable ends, best first. */
  readonly expect: readonly Ending[]
  /** Of a pair: its own half, and the name that both halves share. */
  readonly pair: string | null
  readonly step: 'A' | 'B' | null
}

export type Category =
  | 'auth-loop'
  | 'bleed'
  | 'escape'
  | 'logging'
  | 'read-back'
  | 'request'
  | 'resource'
  | 'thrown-value'

export type Ending =
  | 'no-effect'
  | 'error'
  | 'killed:timeout'
  | 'killed:memory'
  | 'blocked'
  | 'sanitized'
  | 'truncated'
  | 'auth:refresh'
  | 'auth:session'
  | 'isolated'

type Entry = {
  readonly id: string
  readonly file: string
  readonly hook: string
  readonly expect: readonly string[]
  readonly pair?: string
  readonly step?: string
}

/** The dialect wins over the corpus where they differ: for each, what the dialect says. */
const dialectSays: Readonly<Record<string, readonly Ending[]>> = {
  // A script may set `Authorization` towards the origins that its connector declares.
  'REQ-065': ['no-effect'],
}

/** Every script of the corpus, in the order of the manifest. */
export function readCorpus(): readonly Attack[] {
  return (manifest as readonly Entry[]).map((entry) => ({
    id: entry.id,
    category: entry.file.split('/')[0] as Category,
    hook: entry.hook as Attack['hook'],
    source: readFileSync(new URL(`../corpus/${entry.file}`, import.meta.url), 'utf8'),
    expect: dialectSays[entry.id] ?? (entry.expect as readonly Ending[]),
    pair: entry.pair ?? null,
    step: (entry.step as Attack['step']) ?? null,
  }))
}
