import type { ErrorRule, RuleCondition, RuleGroup } from '../model/connector.ts'
import type { Json } from '../model/json.ts'
import { compileTest } from './compare.ts'
import { compileRule } from './compile.ts'
import type { RuleLists, RuleMatch } from './match.ts'
import { compilePath, type RuleResponse, readOnce } from './path.ts'

/** How one rule came to its verdict; `decides` marks the one that `matchRules` returns. */
export type RuleExplanation = {
  readonly level: RuleMatch['level']
  readonly index: number
  readonly type: ErrorRule['type']
  readonly matches: boolean
  readonly decides: boolean
  /** What the rule says of this response, if it matches. */
  readonly message: string | null
  readonly filter: GroupExplanation
}

export type GroupExplanation = {
  readonly joiner: 'all' | 'any'
  readonly holds: boolean
  readonly members: readonly (GroupExplanation | ConditionExplanation)[]
}

export type ConditionExplanation = {
  readonly condition: RuleCondition
  /** What stands at the condition's path; undefined where nothing does. */
  readonly found: Json | undefined
  readonly holds: boolean
}

/** Every rule's verdict on a response, down to each condition, in the order in which they are read. */
export function explainRules(rules: RuleLists, response: RuleResponse): readonly RuleExplanation[] {
  const once = readOnce(response)
  const levels = [
    ...rules.method.map((rule, index) => ({ level: 'method', index, rule }) as const),
    ...rules.connector.map((rule, index) => ({ level: 'connector', index, rule }) as const),
  ].map((entry) => ({ ...entry, matches: compileRule(entry.rule).matches(once) }))
  const first = levels.findIndex(({ matches }) => matches)
  return levels.map(({ level, index, rule, matches }, position) => ({
    level,
    index,
    type: rule.type,
    matches,
    decides: position === first,
    message: matches ? compileRule(rule).message(once) : null,
    filter: explainGroup(rule.filter, once),
  }))
}

function explainGroup(group: RuleGroup, response: RuleResponse): GroupExplanation {
  const joiner = 'all' in group ? 'all' : 'any'
  const list = 'all' in group ? group.all : group.any
  const members = list.map((member) =>
    'path' in member ? explainCondition(member, response) : explainGroup(member, response),
  )
  const holds =
    joiner === 'all' ? members.every((member) => member.holds) : members.some(({ holds }) => holds)
  return { joiner, holds: holds && members.length > 0, members }
}

function explainCondition(condition: RuleCondition, response: RuleResponse): ConditionExplanation {
  const found = compilePath(condition.path)(response)
  return { condition, found, holds: compileTest(condition)(found) }
}
