/** Whoever serves many calls has the sandbox attacked first, and is told what is weaker than it could be. */
import { expect, test } from 'vitest'
import { openTemporaryRuntime } from '../support/temporary-runtime.ts'

test('selfTest() holds, and names the network and the connector that were allowed more', async () => {
  const methods = { get: { path: '/' } }
  await using home = openTemporaryRuntime([
    { definition: { name: 'plain', base_url: 'https://a.example', methods } },
    { definition: { name: 'open', base_url: 'https://b.example', reveal_secrets: true, methods } },
  ])
  const weaker = await home.runtime.selfTest()
  expect(weaker).toContainEqual(expect.stringContaining('127.0.0.0/8'))
  expect(weaker).toContainEqual(expect.stringContaining('open see secrets'))
  expect(weaker.join()).not.toContain('plain')
})
