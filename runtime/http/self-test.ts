import { UsageError } from '../model/usage-error.ts'
import { isAllowedAddress } from './egress.ts'

/**
 * What whoever serves many calls asks first: that no allowance of the operator's opens the services
 * from which clouds hand out credentials. Throws `UsageError` (`genericError`) naming what is open.
 */
export function demandEgressHolds(allowPrivate: readonly string[]): void {
  const open = neverReached.filter((address) => isAllowedAddress(address, allowPrivate))
  if (open.length === 0) return
  throw new UsageError('genericError', `Scripts could reach ${open.join(', ')} from here`, {
    cure: 'Run no scripts here: the check of addresses does not hold',
  })
}

/** One metadata service in the forms that checks have been known to miss, and its siblings. */
const neverReached = [
  '169.254.169.254',
  '::ffff:169.254.169.254',
  '::ffff:a9fe:a9fe',
  '::a9fe:a9fe',
  '64:ff9b::a9fe:a9fe',
  '2002:a9fe:a9fe::1',
  'fd00:ec2::254',
  '100.100.100.200',
  '168.63.129.16',
]
