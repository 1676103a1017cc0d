import { capabilityOf } from '../../../runtime/call/capability.ts'
import type { CallRequest } from '../../../runtime/model/call.ts'
import type { Json } from '../../../runtime/model/json.ts'
import type { Answer, ScriptStorage, StorageScope } from '../../../runtime/model/ports.ts'
import { Secret } from '../../../runtime/model/secret.ts'
import { World } from '../../support/world.ts'
import { openTrip } from '../trip.ts'

const definition = `
base_url: https://api.acme.example
methods: { get: { path: / } }
`

/** Storage that remembers who asked for what. */
export class Kept implements ScriptStorage {
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

export type Asking = {
  readonly answer: Answer
  readonly conceal: (text: string) => string
  readonly resolve: (text: string) => string
  readonly warnings: readonly string[]
}

/** Asks for one service as a script does, in a call of its own. */
export async function ask(
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

export const resultOf = ({ answer }: Asking) => (answer.ok ? answer.value : answer.message)

/** Why it was refused; null where it was not. */
export const refused = async (...asked: Parameters<typeof ask>) => {
  const { answer } = await ask(...asked)
  return answer.ok ? null : answer.message
}
