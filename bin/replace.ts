import type { Connection } from '../runtime/model/connection.ts'
import { UsageError } from '../runtime/model/usage-error.ts'

/**
 * Whether a new connection may take the place of an existing one: because `--replace` said so, or a
 * person does. Throws `UsageError` where it may not.
 */
export async function mayReplace(
  existing: Connection | null,
  { said, canAsk }: { readonly said: boolean; readonly canAsk: boolean },
): Promise<boolean> {
  if (!existing || said) return said
  const { id, connector } = existing
  if (canAsk && process.stdin.isTTY) {
    const { agree } = await import('./prompt.ts')
    if (await agree(`There is a connection ${id} to ${connector}. Replace it?`)) return true
  }
  throw new UsageError('entityInvalid', `There is already a connection ${id}, to ${connector}`, {
    cure: 'Take another name, or add --replace.',
  })
}
