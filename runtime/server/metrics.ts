/** Counters in the text format of Prometheus (version 0.0.4). They name no tenant and no connector. */
import type { Outcome } from '../model/call.ts'
import { CallFailure } from '../model/failure.ts'

const families = {
  hookline_calls_total: 'Calls, by what they came to.',
  hookline_call_seconds_total: 'Time that calls took.',
  hookline_attempts_total: 'Attempts of calls, by why they were made.',
  hookline_renewals_total: 'Renewals of credentials, by how they ended.',
  hookline_hook_kills_total: 'Hooks that were ended for their time or memory.',
  hookline_handled_total: 'Failures that an error handler took.',
  hookline_webhooks_total: 'Webhooks that came in, by what became of them.',
  hookline_http_requests_total: 'Requests to this server, by the status of their answer.',
} as const satisfies Readonly<Record<string, string>>

type Family = keyof typeof families
type Labels = Readonly<Record<string, string>>

export class Metrics {
  readonly #values = new Map<Family, Map<string, number>>()

  count(family: Family, labels: Labels = {}, by = 1): void {
    const key = Object.entries(labels)
      .map(([name, value]) => `${name}="${value.replace(/[\\"\n]/g, escaped)}"`)
      .join(',')
    const values = this.#values.get(family) ?? new Map<string, number>()
    this.#values.set(family, values.set(key, (values.get(key) ?? 0) + by))
  }

  countCall(outcome: Outcome): void {
    const type = outcome.kind === 'failure' ? outcome.failure.type : ''
    this.count('hookline_calls_total', { outcome: outcome.kind, type })
    this.count('hookline_call_seconds_total', {}, outcome.trail.ms / 1000)
    for (const { cause, steps } of outcome.trail.attempts) {
      this.count('hookline_attempts_total', { cause })
      for (const step of steps) {
        if (step.kind !== 'renewal') continue
        this.count('hookline_renewals_total', { by: step.by, result: step.result })
      }
    }
    if (outcome.kind !== 'failure') return
    if (outcome.handled) this.count('hookline_handled_total')
    const kill = killIn(outcome.failure)
    if (kill !== null) this.count('hookline_hook_kills_total', { reason: kill })
  }

  text(): string {
    return Object.entries(families)
      .flatMap(([name, help]) => [
        `# HELP ${name} ${help}`,
        `# TYPE ${name} counter`,
        ...[...(this.#values.get(name as Family) ?? [])].map(
          ([labels, value]) => `${name}${labels === '' ? '' : `{${labels}}`} ${value}`,
        ),
      ])
      .join('\n')
      .concat('\n')
  }
}

function escaped(character: string): string {
  return character === '\n' ? '\\n' : `\\${character}`
}

/** A renewal's hook may have been killed too: its failure is then the cause of the call's. */
function killIn(failure: unknown): string | null {
  if (!(failure instanceof CallFailure)) return null
  const { type, cause } = failure
  return type === 'ScriptTimeout' || type === 'ScriptMemoryLimit' ? type : killIn(cause)
}
