/** What scripts may ask the host for (dialect section 5), asked as a script asks. */
import { describe, expect, test } from 'vitest'
import type { Json } from '../../../runtime/model/json.ts'
import { UsageError } from '../../../runtime/model/usage-error.ts'
import { ask, Kept, refused, resultOf } from './asking.ts'

describe('btoa and atob', () => {
  test('convert a text, and a secret to another secret', async () => {
    expect(resultOf(await ask('btoa', { text: 'hé', charset: 'utf-8' }))).toBe('aMOp')
    expect(resultOf(await ask('atob', { text: 'aMOp', charset: 'utf-8' }))).toBe('hé')
    const asking = await ask('btoa', (conceal) => ({
      text: `user:${conceal('pass word')}`,
      charset: 'utf-8',
    }))
    const text = String(resultOf(asking))
    expect(text).toMatch(/^hkl_[0-9a-f]{32}$/)
    expect(Buffer.from(asking.resolve(text), 'base64').toString()).toBe('user:pass word')
  })

  test('take a text, and a secret, of up to 65,536 characters', async () => {
    const whole = { text: 'x'.repeat(65_536), charset: 'utf-8' }
    expect((await ask('btoa', whole)).answer.ok).toBe(true)
    expect(await refused('btoa', { ...whole, text: `${whole.text}x` })).toContain('65536')
    const secret = (conceal: (text: string) => string) => ({
      text: conceal('x'.repeat(65_537)),
      charset: 'utf-8',
    })
    expect(await refused('btoa', secret)).toContain('65536')
  })

  test.each(['btoa', 'atob'])('%s wants two texts', async (name) => {
    for (const argument of [null, { text: 'x' }, { charset: 'utf-8' }, { text: 1, charset: 'x' }]) {
      expect(await refused(name, argument)).toContain('a text')
    }
  })
})

describe('random', () => {
  test('gives as many bytes as asked for, in hexadecimal, never the same', async () => {
    const [one, two] = [await ask('random', { bytes: 16 }), await ask('random', { bytes: 16 })]
    expect(resultOf(one)).toMatch(/^[0-9a-f]{32}$/)
    expect(resultOf(two)).not.toBe(resultOf(one))
    expect(resultOf(await ask('random', { bytes: 1 }))).toHaveLength(2)
    expect(resultOf(await ask('random', { bytes: 65_536 }))).toHaveLength(131_072)
  })

  test.each<Json>([null, {}, { bytes: '1' }, { bytes: 1.5 }, { bytes: 0 }, { bytes: 65_537 }])(
    'refuses %j',
    async (argument) => {
      expect(await refused('random', argument)).toContain('65536')
    },
  )
})

describe('storage', () => {
  const mine = { tenant: 't', connector: 'acme', cycle: null }
  const ofCycle = { ...mine, cycle: 'cy' }
  const key = 'k'

  test.each<[string, Json, readonly unknown[], Json]>([
    ['list_values', null, ['list', mine], ['v']],
    ['list_keys', null, ['list', mine], ['k']],
    ['get', { key }, ['get', mine, 'k'], 'v'],
    ['get', { key: 7 }, ['get', mine, '7'], 'v'],
    ['get', {}, ['get', mine, ''], 'v'],
    ['set', { key, value: 'x' }, ['set', mine, 'k', 'x'], true],
    ['set', { key, value: { a: 1 } }, ['set', mine, 'k', '{"a":1}'], true],
    ['set', { key }, ['set', mine, 'k', ''], true],
    ['append', { key, value: 1 }, ['append', mine, 'k', '1'], 'vv'],
    ['increment', { key }, ['increment', mine, 'k', 1], 5],
    ['increment', { key, value: '2.5' }, ['increment', mine, 'k', 2.5], 5],
    ['decrement', { key, value: 3 }, ['increment', mine, 'k', -3], 5],
    ['delete', { key }, ['delete', mine, 'k'], true],
    ['delete_all', null, ['deleteAll', mine], true],
  ])('cyclr_storage_%s %j', async (operation, argument, asked, value) => {
    const storage = new Kept()
    const asking = await ask(`cyclr_storage_${operation}`, argument, { storage })
    expect(asking.answer).toEqual({ ok: true, value })
    expect(storage.asked).toEqual([asked])
  })

  test('cycle_storage belongs to the cycle of the call, and to none without', async () => {
    const storage = new Kept()
    await ask('cycle_storage_get', { key }, { storage, cycle: { id: 'cy' } })
    expect(storage.asked).toEqual([['get', ofCycle, 'k']])
    expect(await refused('cycle_storage_get', { key }, { storage })).toMatch(
      /^cycle_storage_get: .*cycle/,
    )
    expect(storage.asked).toHaveLength(1)
  })

  test.each<Json>([{ a: 1 }, [1], 'x', 'Infinity', 'NaN'])(
    'refuses %j as an amount',
    async (value) => {
      const message = await refused('cyclr_storage_increment', { key, value })
      expect(message).toMatch(/^cyclr_storage_increment: .*not a number/)
    },
  )

  test('refuses a stand-in of a secret, as key and as value', async () => {
    const storage = new Kept()
    for (const name of ['key', 'value']) {
      const argument = (conceal: (text: string) => string) => ({
        key,
        [name]: `x ${conceal('secret')}`,
      })
      expect(await refused('cyclr_storage_set', argument, { storage })).toContain('secret')
    }
    expect(storage.asked).toEqual([])
  })

  test('tells the script what it did wrong, and only the trail what is wrong with the store', async () => {
    const failing = (error: unknown) => {
      const storage = new Kept()
      storage.get = async () => {
        throw error
      }
      return ask('cyclr_storage_get', { key }, { storage })
    }
    const wrong = await failing(new UsageError('entityInvalid', 'too long'))
    expect(resultOf(wrong)).toBe('cyclr_storage_get: too long')
    expect(wrong.warnings).toEqual([])
    const ofStore: readonly [unknown, string][] = [
      [new Error('/var/lib/store.sqlite is locked'), '/var/lib/store.sqlite is locked'],
      [new UsageError('sessionMissing', 'no key'), 'no key'],
      ['a text', 'a text'],
    ]
    for (const [error, warning] of ofStore) {
      const away = await failing(error)
      expect(resultOf(away)).toBe('cyclr_storage_get: the storage cannot be used at the moment')
      expect(away.warnings).toEqual([warning])
    }
  })
})
