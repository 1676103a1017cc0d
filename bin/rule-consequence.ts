import { type Connector, type Method, renewalsOf } from '../runtime/model/connector.ts'
import type { RuleExplanation } from '../runtime/rules/explain.ts'
import type { RuleResponse } from '../runtime/rules/path.ts'

type Trial = {
  readonly connector: Connector
  readonly method: Method
  readonly response: RuleResponse
  readonly rules: readonly RuleExplanation[]
}

/** What the runtime does with a response that its rules have judged, in words. */
export function consequenceOf({ connector, method, response, rules }: Trial): string {
  const { status } = response
  if (status === 429) {
    return 'No rule sees a 429: the call waits, and fails as RateLimited where it cannot.'
  }
  const decided = rules.find((rule) => rule.decides)
  if (decided) return consequenceOfRule(decided, { connector, method })
  if (status >= 200 && status < 300) return 'No rule matches: a success, after_action runs.'
  if ((method.unmatched ?? connector.unmatched) === 'success') {
    return 'No rule matches, and unmatched is success: after_action runs.'
  }
  return `No rule matches: the failure HttpError, "HTTP ${status}", unless after_error says otherwise.`
}

function consequenceOfRule(
  rule: RuleExplanation,
  { connector, method }: Pick<Trial, 'connector' | 'method'>,
): string {
  const failure = `the failure ${rule.type}, "${rule.message ?? ''}"`
  const lastWord = 'unless after_error says otherwise'
  if (rule.type === 'Default') return `${capital(failure)}, ${lastWord}.`
  if (rule.type === 'InvalidCredential') {
    return `${capital(failure)}, ${lastWord}; the connection is then marked sessionInvalid.`
  }
  const by = renewalOf(rule, { connector, method })
  if (method.replay === 'never') {
    return `The connection is renewed by ${by}; the call is not replayed (replay: never): ${failure}.`
  }
  return `The connection is renewed by ${by} and the call replayed, without a hook. Where that renewal is spent: ${failure}, ${lastWord}.`
}

function renewalOf(
  { level, index }: RuleExplanation,
  { connector, method }: Pick<Trial, 'connector' | 'method'>,
): string {
  const { renew = null } = (level === 'method' ? method : connector).errors[index] ?? {}
  const by = renew ?? renewalsOf(connector)[0]
  return by === 'session' ? 'the session lookup' : 'an OAuth 2 refresh'
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
