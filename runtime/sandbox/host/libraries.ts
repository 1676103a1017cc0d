import type { HookJob } from '../../model/ports.ts'

/** A library of `guest/libraries/`: its name, and its text as an expression. */
export type Library = { readonly name: string; readonly source: string }

/** Gives a library's text. Asked for one only when a script mentions it. */
export type LibrarySource = (name: string) => Promise<string>

/** What a script writes that needs a library; words of a comment bring it in for nothing. */
const mentions: readonly (readonly [name: string, mention: RegExp])[] = [
  ['moment', /\bmoment\b/],
  ['crypto-js', /\bCryptoJS\b|['"`]crypto-js['"`]/],
  ['xml', /\bcyclr_xml_(?:de)?serialize\b/],
]

/** The libraries that a job's scripts mention. */
export function librariesOf({ scripts }: HookJob): readonly string[] {
  return mentions
    .filter(([, mention]) => scripts.some(({ source }) => mention.test(source)))
    .map(([name]) => name)
}
