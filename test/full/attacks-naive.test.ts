/**
 * The positive control of the corpus: where nothing protects the host, each attack has to do harm. One
 * that does none there tests nothing any more.
 */
import { expect, test } from 'vitest'
import { harmOf, units } from '../sandbox/attacks/naive.ts'

/** These do none by themselves; they try whether a host that is built with care loses its balance. */
const harmless: Readonly<Record<string, string>> = {
  'ESC-013': 'with no stack left, the functions of this host fail like any other',
  'ESC-033': 'no engine takes module syntax in a script',
  'ESC-042': 'reading a handler twice is odd, not harmful',
  'ESC-051': 'a made-up name of a source fools people who read stacks',
  'ESC-052': 'comments in the style of HTML are part of the language',
  'ESC-058': 'no engine tells of the environment in an error',
  'RES-032': 'this engine refuses the expression instead of overflowing its stack',
  'RET-012': 'this engine hashes such keys well; others take minutes',
  'RET-027': 'wide strings hurt only hosts that copy them natively, and wrongly',
  'RET-031': 'headers that differ by case are for the reader to tell apart',
}

test.concurrent.each(units())('%s does harm where nothing stops it', async (id, attacks) => {
  const harm = await harmOf(attacks)
  if (Object.hasOwn(harmless, id)) return
  expect(harm).not.toBeNull()
})
