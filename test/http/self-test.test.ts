import { expect, test } from 'vitest'
import { demandEgressHolds } from '../../runtime/http/self-test.ts'

test.each([[[]], [['127.0.0.0/8']], [['0.0.0.0/0', '::/0']]])(
  'demandEgressHolds() finds no metadata service open with %j allowed',
  (allowPrivate) => {
    expect(() => demandEgressHolds(allowPrivate)).not.toThrow()
  },
)
