import type { ErrorCode } from '../runtime/model/usage-error.ts'

/** A login came to nothing, by the vendor's word or by ours: nobody's wrong use, and no bug. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly errorCode: ErrorCode

  constructor({ errorCode, message }: { readonly errorCode: ErrorCode; readonly message: string }) {
    super(message)
    this.errorCode = errorCode
  }
}
