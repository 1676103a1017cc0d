import type { ErrorRule, RuleCondition, RuleGroup } from '../model/connector.ts'
import { compileTest } from './compare.ts'
import { compilePath, type RuleResponse } from './path.ts'
import { compileMessage, type Message } from './template.ts'

/** A rule, made ready to be asked of many responses. */
export type CompiledRule = {
  readonly matches: (response: RuleResponse) => boolean
  readonly message: Message
}

type Predicate = CompiledRule['matches']

/**
 * Rules are immutable and judge every response of their connector, so each is compiled once. The
 * weak map forgets it together with its connector.
 */
const compiled = new WeakMap<ErrorRule, CompiledRule>()

export function compileRule(rule: ErrorRule): CompiledRule {
  const known = compiled.get(rule)
  if (known !== undefined) return known
  const fresh = { matches: compileGroup(rule.filter), message: compileMessage(rule.message) }
  compiled.set(rule, fresh)
  return fresh
}

/** A group without members matches nothing: it says nothing about the response. */
function compileGroup(group: RuleGroup): Predicate {
  const every = 'all' in group
  const members = every ? group.all : group.any
  const tests = members.map((member) =>
    'path' in member ? compileCondition(member) : compileGroup(member),
  )
  if (tests.length === 0) return () => false
  return every
    ? (response) => tests.every((test) => test(response))
    : (response) => tests.some((test) => test(response))
}

function compileCondition(condition: RuleCondition): Predicate {
  const lookup = compilePath(condition.path)
  const test = compileTest(condition)
  return (response) => test(lookup(response))
}
