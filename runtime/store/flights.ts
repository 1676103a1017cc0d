import type { ConnectionKey } from '../model/connection.ts'
import type { RenewalResult } from '../model/ports.ts'
import type { Recovery } from '../model/verdict.ts'
import type { Errand } from './errand.ts'
import { renew } from './renew.ts'

/** The renewals in flight in this process; callers of one kind and connection share one. */
export class Flights {
  readonly #flying = new Map<string, Promise<RenewalResult>>()

  join(errand: Errand): { readonly flight: Promise<RenewalResult>; readonly joined: boolean } {
    const name = nameOf(errand.key, errand.renewal.by)
    const flying = this.#flying.get(name)
    if (flying) return { flight: flying, joined: true }

    const other = this.#flying.get(nameOf(errand.key, otherKind[errand.renewal.by]))
    const flight = this.#after(other, () => renew(errand)).finally(() => this.#flying.delete(name))
    // Every caller may have stopped waiting; the renewal goes on for the next one.
    flight.catch(() => {})
    this.#flying.set(name, flight)
    return { flight, joined: false }
  }

  /** Both kinds share the connection's lease, so they take turns. */
  async #after<Result>(
    other: Promise<unknown> | undefined,
    work: () => Promise<Result>,
  ): Promise<Result> {
    await other?.catch(() => {})
    return work()
  }

  async landed(): Promise<void> {
    await Promise.allSettled(this.#flying.values())
  }
}

const otherKind: Readonly<Record<Recovery, Recovery>> = { refresh: 'session', session: 'refresh' }

function nameOf(key: ConnectionKey, by: Recovery): string {
  return JSON.stringify([key.tenant, key.id, by])
}
