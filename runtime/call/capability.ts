import type { Answer, Capability } from '../model/ports.ts'
import type { Trip } from './attempt.ts'
import { httpRequest } from './http-request.ts'
import { atob, btoa } from './services/encoding.ts'
import { random } from './services/random.ts'
import type { Service } from './services/service.ts'
import { sign } from './services/sign.ts'
import { storageServices } from './services/storage.ts'

/** What scripts may ask the host for, by name. */
const services: ReadonlyMap<string, Service> = new Map([
  ['http_request', httpRequest],
  ['atob', atob],
  ['btoa', btoa],
  ['cyclr_sign', sign],
  ['random', random],
  ...storageServices,
])

/** What the scripts of this attempt may ask for. It answers; it never rejects. */
export function capabilityOf(trip: Trip): Capability {
  return async (name, argument, signal) => {
    const service = services.get(name)
    if (!service) return { ok: false, message: `this runtime has no \`${name}\`` }
    try {
      return { ok: true, value: await service(trip, argument, signal) }
    } catch (error) {
      return refusal(trip, error)
    }
  }
}

/** A script hears what happened in plain words: no stack, no host path, no secret. */
function refusal({ execution }: Trip, error: unknown): Answer {
  const message = error instanceof Error ? error.message : 'the request failed'
  return { ok: false, message: execution.placeholders.redact(message) }
}
