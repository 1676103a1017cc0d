/** What the demo's servers have counted, from their own start. */
export type Counters = {
  /** Refreshes that the token endpoint answered with 200. */
  readonly refreshes: number
  /** Consumed refresh tokens that came again: each would have cost the connection its life. */
  readonly reuseDetections: number
  readonly logins: number
  /** Calls that reached the vendor's API, rejected ones too. */
  readonly received: number
  /** Calls that came with a live credential. */
  readonly accepted: number
  readonly ordersCreated: number
}

/** One line of the demo's closing table. */
export type Finding = {
  readonly scene: string
  readonly what: string
  readonly expected: string
  readonly counted: number
  readonly holds: boolean
}

/** A number, or a range where processes that race may share work in more than one right way. */
export type Expected = number | { readonly from: number; readonly to: number }

export type Expectations = Readonly<Record<keyof Counters, Expected>>

const names: Readonly<Record<keyof Counters, string>> = {
  refreshes: 'refreshes',
  reuseDetections: 'tokens reused',
  logins: 'logins',
  received: 'calls received',
  accepted: 'accepted',
  ordersCreated: 'orders',
}

/** Compares what happened between two readings of the counters with what had to happen. */
export function judge(
  scene: string,
  expected: Expectations,
  readings: { readonly before: Counters; readonly after: Counters },
): readonly Finding[] {
  return counterNames.map((name) => {
    const counted = readings.after[name] - readings.before[name]
    const wanted = expected[name]
    return {
      scene,
      what: names[name],
      expected: typeof wanted === 'number' ? `${wanted}` : `${wanted.from} to ${wanted.to}`,
      counted,
      holds: isWithin(counted, wanted),
    }
  })
}

/** An exit code, judged like a counter. */
export function judgeExit(scene: string, command: string, code: number | null): Finding {
  const counted = code ?? -1
  return { scene, what: `exit code of ${command}`, expected: '0', counted, holds: code === 0 }
}

/** Zero where everything happened as it had to; a demo that judged nothing proves nothing. */
export function exitCodeOf(findings: readonly Finding[]): 0 | 1 {
  return findings.length > 0 && findings.every(({ holds }) => holds) ? 0 : 1
}

const counterNames = Object.keys(names) as (keyof Counters)[]

function isWithin(counted: number, wanted: Expected): boolean {
  if (typeof wanted === 'number') return counted === wanted
  return counted >= wanted.from && counted <= wanted.to
}
