import { UsageError } from '../model/usage-error.ts'

/** The store cannot do its work: it is away, busy, full, damaged, or may not be written to. */
export class StoreFailure extends UsageError {
  /** It may pass by itself. */
  readonly passing: boolean

  constructor(
    message: string,
    detail: { readonly cure: string; readonly passing?: boolean; readonly cause?: unknown },
  ) {
    super('genericError', message, { cure: detail.cure, cause: detail.cause })
    this.passing = detail.passing ?? false
  }
}
