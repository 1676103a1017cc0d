import { expect, test } from 'vitest'
import { createEnvelope } from '../../runtime/store/envelope.ts'
import { recordFor } from './contract-record.ts'
import { accessTokenOf, acme, other, someKeys, tokens } from './support.ts'

const content = { auth: tokens(1), properties: {}, session: {} }

test('openCredential() refuses the bytes of another connection, opened before or not', async () => {
  const envelope = createEnvelope(someKeys(), () => 0)
  const begun = await envelope.begin(acme)
  const record = recordFor(acme, begun)
  const credential = await envelope.sealCredential(record, content)
  const own = { ...record, credential }
  expect(accessTokenOf(await envelope.openCredential(own))).toBe('access-1')
  const moved = recordFor(other, { ...(await envelope.begin(other)), credential })
  await expect(envelope.openCredential(moved)).rejects.toThrow('does not open')
})

test('openCredential() counts by the record that it is given, not by the one it opened', async () => {
  const envelope = createEnvelope(someKeys(), () => 0)
  const record = recordFor(acme, await envelope.begin(acme))
  const credential = await envelope.sealCredential(record, content)
  const later = { ...record, credential, generation: 3, refreshed: 2, lookedUp: 1 }
  await envelope.openCredential({ ...record, credential })
  expect(await envelope.openCredential(later)).toMatchObject({
    ...{ generation: 3, refreshed: 2, lookedUp: 1 },
  })
})
