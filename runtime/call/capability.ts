import type { Capability } from '../model/ports.ts'
import type { Trip } from './attempt.ts'

/** What the scripts of this attempt may ask the host for. It answers; it never rejects. */
export function capabilityOf(_trip: Trip): Capability {
  return async (name) => ({ ok: false, message: `this runtime has no \`${name}\`` })
}
