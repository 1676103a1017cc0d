/** How often a vendor acts, over every mixture of what may go wrong: counted by a real server. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openAcme, rotating } from '../support/acme.ts'
import { json, type Reaction, reset } from '../support/vendor.ts'

const methods = {
  unsafe: { verb: 'POST', path: '/api', body_type: 'json' },
  once: { verb: 'POST', path: '/api', body_type: 'json', replay: 'never' },
  onceSafe: { verb: 'PUT', path: '/api', body_type: 'json', replay: 'never' },
  keyed: {
    verb: 'POST',
    path: '/api',
    body_type: 'json',
    idempotency_key: { header: 'Idempotency-Key' },
  },
}

/** What the vendor does with one request; it acts unless it refuses the credential. */
const reactions = {
  good: { acts: true, reaction: json({ fine: true }) },
  actsAnd503: { acts: true, reaction: json({}, { status: 503 }) },
  actsAndCuts: { acts: true, reaction: reset() },
  refuses: { acts: false, reaction: json({ error: 'dead' }, { status: 401 }) },
} as const satisfies Record<string, { acts: boolean; reaction: Reaction }>

type Named = keyof typeof reactions
const anyStory = fc.array(fc.constantFrom<Named[]>(...(Object.keys(reactions) as Named[])), {
  minLength: 1,
  maxLength: 4,
})

async function vendorPlaying() {
  const acme = await openAcme({ definition: { methods, limits: { call_ms: 15_000 } } })
  acme.vendor.on('/token', rotating())
  const acted: { key: string | undefined; effects: number }[] = []
  let story: Named[] = []
  acme.vendor.on('/api', (request, response, signal) => {
    const { acts, reaction } = reactions[story.shift() ?? 'good']
    const key = request.headers['idempotency-key']
    acted.push({ key: typeof key === 'string' ? key : undefined, effects: acts ? 1 : 0 })
    return reaction(request, response, signal)
  })
  return {
    acme,
    play: async (method: string, told: readonly Named[], retries: number) => {
      story = [...told]
      const outcome = await acme.call({ method, input: { n: 1 }, retries })
      return { outcome, seen: acted.splice(0) }
    },
    [Symbol.asyncDispose]: () => acme[Symbol.asyncDispose](),
  }
}

test.each(['unsafe', 'once', 'onceSafe'])(
  'a call of a method that may not be repeated (%s) acts at most once, whatever happens',
  async (method) => {
    await using vendor = await vendorPlaying()
    await fc.assert(
      fc.asyncProperty(anyStory, fc.nat({ max: 3 }), async (told, retries) => {
        const { seen } = await vendor.play(method, told, retries)
        expect(seen.reduce((sum, { effects }) => sum + effects, 0)).toBeLessThanOrEqual(1)
        if (method !== 'unsafe') expect(seen).toHaveLength(1)
      }),
      { numRuns: 25 },
    )
  },
)

test('an idempotency key is the same in every attempt of a call, and new for every call', async () => {
  await using vendor = await vendorPlaying()
  const used = new Set<string | undefined>()
  let repeated = 0
  const story = fc.constantFrom<Named[][]>(['refuses'], ['good'], ['actsAnd503'], ['actsAndCuts'])
  await fc.assert(
    fc.asyncProperty(story, async (told) => {
      const { seen } = await vendor.play('keyed', told, 1)
      const keys = new Set(seen.map(({ key }) => key))
      expect(keys.size).toBe(1)
      for (const key of keys) {
        expect(key).toMatch(/./)
        expect(used.has(key)).toBe(false)
        used.add(key)
      }
      if (seen.length > 1) repeated += 1
    }),
    { numRuns: 8 },
  )
  expect(repeated).toBeGreaterThan(0)
})
