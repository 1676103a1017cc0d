import type { Trail, Verification } from '../../runtime/index.ts'
import type { FailureRecord } from '../../runtime/model/failure.ts'
import { oneLine } from '../streams.ts'
import { outcomeText } from './outcome.ts'
import type { Paint } from './paint.ts'

/** What `connect --json` prints of how the new connection turned out. */
export type VerificationReport = {
  readonly state: Verification['state']
  readonly failure: FailureRecord | null
  readonly trail: Trail
  /** Null where the connector names no test call, or it never came to that. */
  readonly test: { readonly kind: string; readonly trail: Trail } | null
}

export function verificationReport(verification: Verification): VerificationReport {
  const { state, failure, trail, test } = verification
  return {
    state,
    failure: failure?.toJSON() ?? null,
    trail,
    test: test && { kind: test.kind, trail: test.trail },
  }
}

/** How it turned out, and what to do where it did not work. */
export function verificationText(
  { name, connector }: { readonly name: string; readonly connector: string },
  verification: Verification,
  paint: Paint,
): string {
  const { state, failure, test } = verification
  const stored = `${name} is stored, and is ${paint(failure ? 'yellow' : 'green', state)}`
  if (failure) {
    const found = test
      ? outcomeText(test, paint)
      : `${paint('red', `✗ ${failure.type}`)}: ${oneLine(failure.message)}`
    const again = `hookline connect ${connector} -c ${name} --replace`
    return `${found}\n${stored}.\n  Once that is mended: hookline whoami ${name}; with other values: ${again}`
  }
  if (test) return `${outcomeText(test, paint)}\n${stored}.`
  return `${stored}. The connector names no test call, so nothing else was tried.`
}
