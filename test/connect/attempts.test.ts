import { describe, expect, test } from 'vitest'
import { memoryAttempts, sealedAttempts } from '../../runtime/connect/attempts.ts'
import { Secret } from '../../runtime/model/secret.ts'

describe('memoryAttempts()', () => {
  test('lets a ticket be used once, by one of two who come at once', async () => {
    const store = memoryAttempts()
    const ticket = await store.begin('content')
    expect(ticket).toMatch(/^[\w-]{43}$/)
    expect(await store.find(ticket)).toEqual({ used: false, content: 'content' })
    const wins = await Promise.all([store.finish(ticket), store.finish(ticket)])
    expect(wins.toSorted()).toEqual([false, true])
    expect(await store.find(ticket)).toEqual({ used: true })
  })

  test('knows no other ticket, and forgets after an hour', async () => {
    let now = 0
    const store = memoryAttempts(() => now)
    const ticket = await store.begin('content')
    expect(await store.find('x')).toBeNull()
    expect(await store.finish('x')).toBe(false)
    now = 60 * 60 * 1000
    expect(await store.find(ticket)).toBeNull()
  })

  test('keeps ten thousand of them, and drops the oldest', async () => {
    const store = memoryAttempts()
    const first = await store.begin('first')
    const second = await store.begin('second')
    for (let count = 2; count <= 10_000; count++) await store.begin('another')
    expect(await store.find(first)).toBeNull()
    expect(await store.find(second)).toMatchObject({ content: 'second' })
  })
})

describe('sealedAttempts()', () => {
  const store = sealedAttempts(new Secret('a secret'))

  test('carries the content in the ticket, for whoever has the secret', async () => {
    const ticket = await store.begin('the verifier')
    expect(Buffer.from(ticket, 'base64url').toString('latin1')).not.toContain('verifier')
    const elsewhere = sealedAttempts(new Secret('a secret'))
    expect(await elsewhere.find(ticket)).toEqual({ used: false, content: 'the verifier' })
    expect(await sealedAttempts(new Secret('another')).find(ticket)).toBeNull()
  })

  test('never gives the same ticket twice, and takes none that was changed', async () => {
    const ticket = await store.begin('x')
    expect(await store.begin('x')).not.toBe(ticket)
    const bytes = Buffer.from(ticket, 'base64url')
    for (const index of [0, 12, 28]) {
      const changed = Buffer.from(bytes)
      changed[index] = (changed[index] ?? 0) ^ 1
      expect(await store.find(changed.toString('base64url'))).toBeNull()
    }
    for (const text of ['', 'x', 'ß'.repeat(40)]) expect(await store.find(text)).toBeNull()
  })
})
