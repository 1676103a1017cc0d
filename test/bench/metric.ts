/** What a bench measures, beside the target that it is held to. */
export type Metric = {
  /** `hook.latency`: what is measured, then which side of it. */
  readonly name: string
  readonly value: number
  /** `x` for a ratio to a floor. */
  readonly unit: string
  /** Null for what is only reported. */
  readonly target: Target | null
  /** How the value came about, for the table. */
  readonly note?: string
}

export type Target = { readonly atMost: number } | { readonly atLeast: number }

/** A bench, as its file exports it under the name `bench`. It yields each metric when it has it. */
export type Bench = (options: BenchOptions) => AsyncGenerator<Metric, void, undefined>

export type BenchOptions = {
  /** Multiplies how often everything is done; a tenth of it shows only whether a bench works. */
  readonly effort: number
}

export function holds({ value, target }: Metric): boolean | null {
  if (target === null) return null
  return 'atMost' in target ? value <= target.atMost : value >= target.atLeast
}

export function targetText(target: Target | null): string {
  if (target === null) return ''
  return 'atMost' in target ? `≤ ${target.atMost}` : `≥ ${target.atLeast}`
}
