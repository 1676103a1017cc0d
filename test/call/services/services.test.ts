/** What scripts may ask the host for (dialect section 5), asked as a script asks. */
import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  verify,
} from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { capabilityOf } from '../../../runtime/call/capability.ts'
import type { CallRequest } from '../../../runtime/model/call.ts'
import type { Json } from '../../../runtime/model/json.ts'
import type { Answer, ScriptStorage, StorageScope } from '../../../runtime/model/ports.ts'
import { Secret } from '../../../runtime/model/secret.ts'
import { UsageError } from '../../../runtime/model/usage-error.ts'
import { World } from '../../support/world.ts'
import { openTrip } from '../trip.ts'

const definition = `
base_url: https://api.acme.example
methods: { get: { path: / } }
`

/** Storage that remembers who asked for what. */
class Kept implements ScriptStorage {
  readonly asked: unknown[] = []
  list = async (scope: StorageScope) => this.#said([{ key: 'k', value: 'v' }], 'list', scope)
  get = async (scope: StorageScope, key: string) => this.#said('v', 'get', scope, key)
  set = async (scope: StorageScope, key: string, value: string) =>
    this.#said(undefined, 'set', scope, key, value)
  append = async (scope: StorageScope, key: string, value: string) =>
    this.#said('vv', 'append', scope, key, value)
  increment = async (scope: StorageScope, key: string, amount: number) =>
    this.#said(5, 'increment', scope, key, amount)
  delete = async (scope: StorageScope, key: string) => this.#said(true, 'delete', scope, key)
  deleteAll = async (scope: StorageScope) => this.#said(undefined, 'deleteAll', scope)

  #said<Value>(value: Value, ...asked: unknown[]): Value {
    this.asked.push(asked)
    return value
  }
}

type Asking = {
  readonly answer: Answer
  readonly conceal: (text: string) => string
  readonly resolve: (text: string) => string
  readonly warnings: readonly string[]
}

async function ask(
  name: string,
  argument: Json | ((conceal: (text: string) => string) => Json),
  { storage = new Kept(), cycle }: { storage?: ScriptStorage } & Pick<CallRequest, 'cycle'> = {},
): Promise<Asking> {
  const world = new World({ definition, vendor: () => ({}) })
  using open = await openTrip(world, cycle ? { cycle } : {}, { storage })
  const { placeholders, trail } = open.execution
  const conceal = (text: string) => placeholders.conceal(new Secret(text))
  const asked = typeof argument === 'function' ? argument(conceal) : argument
  const answer = await capabilityOf(open.trip)(name, asked, new AbortController().signal)
  const steps = trail.trail().attempts.flatMap((made) => made.steps)
  return {
    answer,
    conceal,
    resolve: (text) => placeholders.resolve(text),
    warnings: steps.flatMap((step) => (step.kind === 'warning' ? [step.message] : [])),
  }
}

const resultOf = ({ answer }: Asking) => (answer.ok ? answer.value : answer.message)
const refused = async (...asked: Parameters<typeof ask>) => {
  const { answer } = await ask(...asked)
  return answer.ok ? null : answer.message
}

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

/** A private key of so many bits whose numbers are not prime: to make real ones takes a minute. */
function playedKey(bits: number): string {
  const number = (length: number) =>
    Buffer.from([0x80, ...new Array<number>(length / 8 - 2).fill(0), 1]).toString('base64url')
  const [whole, half] = [number(bits), number(bits / 2)]
  const key = {
    kty: 'RSA',
    n: whole,
    e: 'AQAB',
    d: whole,
    p: half,
    q: half,
    dp: half,
    dq: half,
    qi: half,
  }
  return String(createPrivateKey({ format: 'jwk', key }).export({ type: 'pkcs1', format: 'pem' }))
}

describe('cyclr_sign', () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const pem = String(privateKey.export({ type: 'pkcs8', format: 'pem' }))
  const check = createPublicKey(publicKey.export({ type: 'spki', format: 'pem' }))

  test.each(['SHA1', 'SHA256', 'SHA512'])('signs with HMAC-%s', async (hash) => {
    const argument = { algorithm: `hmac-${hash.toLowerCase()}`, key: 'k', value: 'hé' }
    const expected = createHmac(hash, 'k').update('hé').digest('base64')
    expect(resultOf(await ask('cyclr_sign', argument))).toBe(expected)
  })

  test.each(['SHA1', 'SHA224', 'SHA256', 'SHA384', 'SHA512'])('signs with RSA-%s', async (hash) => {
    const argument = { algorithm: `RSA-${hash}`, key: pem, value: 'hé' }
    const signature = Buffer.from(String(resultOf(await ask('cyclr_sign', argument))), 'base64')
    expect(verify(hash, Buffer.from('hé'), check, signature)).toBe(true)
  })

  test.each([
    ['in one line', pem.replaceAll('\n', '')],
    ['with spaces for line ends', pem.trim().replaceAll('\n', ' ')],
    ['with written line ends', pem.replaceAll('\n', '\\n')],
    ['with written line ends of Windows', pem.replaceAll('\n', '\\r\\n')],
    [
      'of PKCS #1',
      String(privateKey.export({ type: 'pkcs1', format: 'pem' })).replaceAll('\n', ''),
    ],
    ['with a text around it', `key:\n${pem}\nend`],
  ])('reads a key %s', async (_how, key) => {
    const argument = { algorithm: 'RSA-SHA256', key, value: 'x' }
    const signature = Buffer.from(String(resultOf(await ask('cyclr_sign', argument))), 'base64')
    expect(verify('SHA256', Buffer.from('x'), check, signature)).toBe(true)
  })

  test.each<[string, string]>([
    ['no key', 'nonsense'],
    ['a public key', String(publicKey.export({ type: 'spki', format: 'pem' }))],
    [
      'a key of another kind',
      String(
        generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
          type: 'pkcs8',
          format: 'pem',
        }),
      ),
    ],
    [
      'a key with a passphrase',
      String(
        privateKey.export({ type: 'pkcs1', format: 'pem', cipher: 'aes-128-cbc', passphrase: 'p' }),
      ),
    ],
  ])('refuses %s, and does not quote it', async (_what, key) => {
    const message = await refused('cyclr_sign', { algorithm: 'RSA-SHA256', key, value: 'x' })
    expect(message).toContain('RSA private key in PEM')
    expect(message).not.toContain(key.slice(0, 20))
  })

  test('reads a key whose last line is a whole one', async () => {
    const key = playedKey(8192)
    expect(key.split('\n').at(-3)).toHaveLength(64)
    const asking = await ask('cyclr_sign', { algorithm: 'RSA-SHA256', key, value: 'x' })
    expect(asking.answer.ok).toBe(true)
  })

  test('takes an RSA key of 8192 bits, and none that is larger', async () => {
    const argument = { algorithm: 'RSA-SHA256', value: 'x' }
    const largest = await ask('cyclr_sign', { ...argument, key: playedKey(8192) })
    expect(String(resultOf(largest))).toMatch(/^[\w+/]+=*$/)
    expect(await refused('cyclr_sign', { ...argument, key: playedKey(8208) })).toContain(
      '8192 bits',
    )
  })

  test('does not look through a text that is larger than any such key', async () => {
    const around = (length: number) => `${pem}${' '.repeat(length - pem.length)}`
    const argument = { algorithm: 'RSA-SHA256', value: 'x' }
    const whole = await ask('cyclr_sign', { ...argument, key: around(16_384) })
    expect(whole.answer.ok).toBe(true)
    expect(await refused('cyclr_sign', { ...argument, key: around(16_385) })).toContain('PEM')
  })

  test('says which algorithms it has', async () => {
    const argument = { algorithm: 'x'.repeat(99), key: 'k', value: 'v' }
    const message = await refused('cyclr_sign', argument)
    expect(message).toContain('HMAC-SHA1, HMAC-SHA256, HMAC-SHA512, RSA-SHA1')
    expect(message).not.toContain('x'.repeat(51))
  })

  test.each<Json>([
    null,
    { algorithm: 'HMAC-SHA1', key: 'k' },
    { algorithm: 'HMAC-SHA1', value: 'v' },
    { key: 'k', value: 'v' },
  ])('wants three texts, unlike %j', async (argument) => {
    expect(await refused('cyclr_sign', argument)).toContain('three texts')
  })

  test('makes a secret of what was signed with one, or is one', async () => {
    const argument = { algorithm: 'HMAC-SHA256', key: 'key', value: 'value' }
    const plain = resultOf(await ask('cyclr_sign', argument))
    for (const name of ['key', 'value'] as const) {
      const asking = await ask('cyclr_sign', (conceal) => ({
        ...argument,
        [name]: conceal(argument[name]),
      }))
      const text = String(resultOf(asking))
      expect(text).toMatch(/^hkl_/)
      expect(asking.resolve(text)).toBe(plain)
    }
  })
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
