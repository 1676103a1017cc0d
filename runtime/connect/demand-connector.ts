import { findConnector } from '../call/resolve.ts'
import type { Connector } from '../model/connector.ts'
import { CallFailure } from '../model/failure.ts'
import type { Catalogue } from '../model/ports.ts'
import { UsageError } from '../model/usage-error.ts'

/**
 * The connector of that name. One that is not there is, here, a wrong use (`UsageError`,
 * connectionMissing): nobody's call has failed.
 */
export async function demandConnector(name: string, catalogue: Catalogue): Promise<Connector> {
  try {
    return await findConnector(name, catalogue)
  } catch (error) {
    if (!(error instanceof CallFailure) || error.reason !== 'unknown-connector') throw error
    throw new UsageError('connectionMissing', error.message, { cause: error })
  }
}
