import { type Answer, refusal } from './answer.ts'
import type { ServerParts } from './exchange.ts'

/** Does one piece of a tenant's work, unless it has too many of them at work already. */
export async function inTurn(
  { busy, limits }: ServerParts,
  tenant: string,
  work: () => Promise<Answer>,
): Promise<Answer> {
  const before = busy.get(tenant) ?? 0
  if (before >= limits.callsPerTenant) return tooMany()
  busy.set(tenant, before + 1)
  try {
    return await work()
  } finally {
    const left = (busy.get(tenant) ?? 1) - 1
    if (left > 0) busy.set(tenant, left)
    else busy.delete(tenant)
  }
}

export function tooMany(): Answer {
  return refusal('tooManyRequests', 'Too many requests at a time. Try again in a moment.', {
    headers: { 'retry-after': '1' },
  })
}
