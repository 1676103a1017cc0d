import { describeCode, statusOf } from '../connect/error-codes.ts'
import { type ErrorCode, UsageError } from '../model/usage-error.ts'
import { StoreFailure } from '../store/store-failure.ts'

/** What goes back to a caller. */
export type Answer = {
  readonly status: number
  /** Sent as JSON; a text is sent as it is, under its own `content-type`. */
  readonly body: object | string
  readonly headers?: Readonly<Record<string, string>>
}

/** What every answer that is an error has in its body; more may stand beside it. */
export type ErrorBody = { readonly errorCode: ErrorCode; readonly message: string }

/** An error in the session words. Its status is that of its code, unless HTTP has a better one. */
export function refusal(
  errorCode: ErrorCode,
  message: string = describeCode(errorCode),
  { status = statusOf(errorCode), headers = {} }: Partial<Omit<Answer, 'body'>> = {},
): Answer {
  return { status, body: { errorCode, message } satisfies ErrorBody, headers }
}

/** The same for whatever is not there, and for what a caller may not know of. */
export function notFound(): Answer {
  const message = describeCode('entityMissing')
  return { status: 404, body: { detail: 'Not found.', errorCode: 'entityMissing', message } }
}

/** What may work in a minute, by itself. */
export function later(message: string): Answer {
  return refusal('genericError', message, { status: 503, headers: { 'retry-after': '60' } })
}

/**
 * What a thrown error answers. Where the fault is not the caller's, the answer says nothing of it:
 * whoever runs the server is told.
 */
export function answerFor(error: unknown): Answer {
  if (error instanceof StoreFailure) return later('The store cannot be used just now.')
  if (!(error instanceof UsageError) || statusOf(error.errorCode) === 500) {
    return refusal('genericError')
  }
  const { errorCode, message, cure } = error
  return refusal(errorCode, cure === null ? message : `${message}. ${cure}`)
}
