import { expect, test } from 'vitest'
import { Background } from '../../runtime/call/background.ts'

/** Work that ends when the test says so. */
function work() {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  return { run: () => promise, succeed: () => resolve(), fail: () => reject(new Error('failed')) }
}

/** Goes round the event loop once, so that whatever could end by now has ended. */
const turn = () => new Promise((resolve) => setImmediate(resolve))

/** Closes it, and notes when that has ended. */
function close(background: Background) {
  const closing = { hasEnded: false, ended: Promise.resolve() }
  closing.ended = background[Symbol.asyncDispose]().then(() => {
    closing.hasEnded = true
  })
  return closing
}

test('Background waits at its end for all that was begun, also for what fails', async () => {
  const background = new Background()
  const [one, two] = [work(), work()]
  background.begin(one.run)
  background.begin(two.run)
  const closing = close(background)
  one.fail()
  await turn()
  expect(closing.hasEnded).toBe(false)
  two.succeed()
  await closing.ended
})

test('Background waits at its end for what begins while it ends', async () => {
  const background = new Background()
  const [one, late] = [work(), work()]
  background.begin(async () => {
    await one.run()
    background.begin(late.run)
  })
  const closing = close(background)
  one.succeed()
  await turn()
  expect(closing.hasEnded).toBe(false)
  late.succeed()
  await closing.ended
})

test('Background ends at once where all has ended', async () => {
  const background = new Background()
  background.begin(async () => {})
  await turn()
  const closing = close(background)
  await turn()
  expect(closing.hasEnded).toBe(true)
})
