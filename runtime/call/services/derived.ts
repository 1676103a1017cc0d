import type { Placeholders } from '../../auth/placeholders.ts'
import { Secret } from '../../model/secret.ts'

/**
 * What comes of texts in which secrets may stand. If one did, the result is as secret as they are,
 * and scripts get a placeholder of its own, which the host resolves like any other.
 */
export async function derived(
  placeholders: Placeholders,
  texts: readonly string[],
  derive: (known: readonly string[]) => string | Promise<string>,
): Promise<string> {
  const result = await derive(texts.map((text) => placeholders.resolve(text)))
  const isSecret = texts.some((text) => placeholders.holdsSecret(text))
  return isSecret ? placeholders.concealPassing(new Secret(result)) : result
}
