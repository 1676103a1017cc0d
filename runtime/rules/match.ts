import type { ErrorRule } from '../model/connector.ts'
import { compileRule } from './compile.ts'
import { type RuleResponse, readOnce } from './path.ts'

/** The rules that a response is held against, method's own first. */
export type RuleLists = {
  readonly method: readonly ErrorRule[]
  readonly connector: readonly ErrorRule[]
}

/** The rule that decided, and what it says of the response. */
export type RuleMatch = {
  readonly level: 'method' | 'connector'
  /** Counted from 0 in the list of its level. */
  readonly index: number
  readonly type: ErrorRule['type']
  readonly renew: ErrorRule['renew']
  /** Never empty: `HTTP <status>` where the rule has nothing to say. */
  readonly message: string
}

/**
 * The first rule that matches a response, or null. Lists are read top to bottom, the method's before
 * the connector's. The response's `content` is read once, and only if a condition or the message
 * of the matching rule speaks of `data`.
 */
export function matchRules(rules: RuleLists, response: RuleResponse): RuleMatch | null {
  const once = readOnce(response)
  return matchLevel('method', rules.method, once) ?? matchLevel('connector', rules.connector, once)
}

function matchLevel(
  level: RuleMatch['level'],
  rules: readonly ErrorRule[],
  response: RuleResponse,
): RuleMatch | null {
  for (const [index, rule] of rules.entries()) {
    const { matches, message } = compileRule(rule)
    if (!matches(response)) continue
    const { type, renew } = rule
    return { level, index, type, renew, message: message(response) }
  }
  return null
}
