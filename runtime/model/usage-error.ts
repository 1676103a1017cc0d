/**
 * A wrong use of the library: an unknown connector, a connection that is not there, a setting that
 * cannot be. Unlike a `CallFailure` it is no outcome of a call; `errorCode` is a session word.
 */
export class UsageError extends Error {
  override readonly name = 'UsageError'
  readonly errorCode: ErrorCode
  /** What to do about it, in one sentence. */
  readonly cure: string | null

  constructor(
    errorCode: ErrorCode,
    message: string,
    options: { readonly cure?: string; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.errorCode = errorCode
    this.cure = options.cure ?? null
  }
}

/** The codes that we emit ourselves; an open string, as other systems add theirs (spec 5.2). */
export type ErrorCode =
  | 'connectionMissing'
  | 'sessionMissing'
  | 'entityMissing'
  | 'entityInvalid'
  | 'missingFields'
  | 'noPermission'
  | 'genericError'
  | (string & {})
