import { CallFailure } from '../model/failure.ts'
import type { Execution } from './execution.ts'

/** Throws ResponseTooLarge where the pages that are kept would outgrow what one call may hold. */
export function demandRoom({ call, received }: Execution, kept: number): void {
  const { callBytes } = call.connector.limits
  if (kept === 0 || received.bytes <= callBytes) return
  throw new CallFailure(
    'ResponseTooLarge',
    `The pages of ${call.method.name} are larger than ${callBytes} bytes together; read them one by one`,
    { reason: 'pages' },
  )
}
