import type { ErrorRule, RuleCondition, RuleGroup, RuleOperator } from '../model/connector.ts'
import { parsePath } from '../model/path.ts'
import { fieldsOf } from '../model/template.ts'
import type { Findings, Path } from './faults.ts'
import type { ConditionInput, ErrorRuleInput, FilterInput, GroupInput } from './schema.ts'
import { emptyAliases, groupAliases, operatorOf } from './vocabulary.ts'

/** One list of error rules, whichever spelling it uses, in ours. `path` is where the list stands. */
export function readErrorRules(
  input: readonly ErrorRuleInput[] | undefined,
  path: Path,
  findings: Findings,
): readonly ErrorRule[] {
  const rules = (input ?? []).map((rule, index) => readRule(rule, [...path, index], findings))
  warnOfUnreachable(rules, path, findings)
  return rules
}

function readRule(input: ErrorRuleInput, path: Path, findings: Findings): ErrorRule {
  const message = input.message ?? ''
  checkTemplate(message, [...path, 'message'], findings)
  if (input.renew !== undefined && input.type !== 'ExpiredToken') {
    findings.fault([...path, 'renew'], `a rule of type ${input.type} renews nothing`)
  }
  return {
    type: input.type,
    message,
    filter: readFilter(input.filter, [...path, 'filter'], findings),
    renew: input.renew ?? null,
  }
}

/** A condition that stands alone is a group of one. */
function readFilter(input: FilterInput, path: Path, findings: Findings): RuleGroup {
  if (isCondition(input)) return { all: [readCondition(input, path, findings)] }
  return readGroup(input, path, findings)
}

function readGroup(input: GroupInput, path: Path, findings: Findings): RuleGroup {
  const [spelling, members] = Object.entries(input)[0] ?? ['all', []]
  const joiner = joinerOf(spelling)
  const inside = [...path, spelling]
  if (joiner !== spelling) findings.warn(inside, `understood as "${joiner}"; write it so`)
  const read = members.map((member, index) =>
    isCondition(member)
      ? readCondition(member, [...inside, index], findings)
      : readGroup(member, [...inside, index], findings),
  )
  return joiner === 'all' ? { all: read } : { any: read }
}

function joinerOf(spelling: string): 'all' | 'any' {
  if (spelling === 'all' || spelling === 'any') return spelling
  return groupAliases[spelling as keyof typeof groupAliases]
}

function isCondition(input: FilterInput): input is ConditionInput {
  return typeof input.path === 'string'
}

function readCondition(input: ConditionInput, path: Path, findings: Findings): RuleCondition {
  checkRulePath(input.path, [...path, 'path'], findings)
  const operator = operatorOf(input.operator)
  if (operator !== input.operator) {
    findings.warn([...path, 'operator'], `understood as "${operator}"; write it so`)
  }
  const value = readValue(input, [...path, 'value'], findings)
  if (isEmptyMarker(value)) warnOfPresence(operator, path, findings)
  const problem = valueProblem(operator, value)
  if (problem !== null) findings.fault([...path, 'value'], problem)
  return { path: input.path, operator, ...(value === undefined ? {} : { value }) }
}

type Value = ConditionInput['value']

function readValue(input: ConditionInput, path: Path, findings: Findings): Value {
  if (typeof input.value !== 'string' || !emptyAliases.includes(input.value)) return input.value
  findings.warn(path, 'understood as the system value "empty"')
  return { system: 'empty' }
}

/** The guide's spelling says the opposite of what it does: it matches a field that is there. */
function warnOfPresence(operator: RuleOperator, path: Path, findings: Findings): void {
  const plain = operator === 'equal' ? 'exists' : 'not_exists'
  const reads = operator === 'equal' ? 'field is present' : 'field is absent'
  findings.warn(path, `reads as: ${reads}; write operator: ${plain}`)
}

const withoutValue: ReadonlySet<RuleOperator> = new Set([
  'exists',
  'not_exists',
  'empty',
  'not_empty',
])
const ordering: ReadonlySet<RuleOperator> = new Set([
  'greater',
  'greater_or_equal',
  'less',
  'less_or_equal',
])

function valueProblem(operator: RuleOperator, value: Value): string | null {
  if (withoutValue.has(operator)) return value === undefined ? null : `${operator} takes no value`
  if (value === undefined) return `missing; ${operator} compares with a value`
  if (operator === 'in' || operator === 'not_in') {
    return Array.isArray(value) ? null : `${operator} compares with a list, as [401, 403]`
  }
  if (Array.isArray(value)) return `${operator} compares with one value; for a list use in`
  if (isEmptyMarker(value)) {
    return operator === 'equal' || operator === 'not_equal'
      ? null
      : `${operator} cannot compare with the system value "empty"`
  }
  if (ordering.has(operator) && !isNumeric(value)) {
    return `${operator} compares numbers; got ${JSON.stringify(value)}`
  }
  return null
}

function isEmptyMarker(value: Value): value is { system: 'empty' } {
  return typeof value === 'object' && !Array.isArray(value)
}

function isNumeric(value: Value): boolean {
  if (typeof value === 'number') return true
  return (
    typeof value === 'string' && /^\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?\s*$/i.test(value)
  )
}

function checkRulePath(text: string, path: Path, findings: Findings): void {
  const problem = rootProblem(text)
  if (problem !== null) findings.fault(path, problem)
  else if (/^headers\.(?:http[_.]?(?:code|status)|status[-_]?code|status)$/i.test(text)) {
    const meant = 'did you mean "headers.http-code", the status?'
    findings.warn(
      path,
      `"${text}" is a header of that name, which hardly any vendor sends; ${meant}`,
    )
  }
}

/** Rules read the body and the headers, and nothing else. */
function rootProblem(text: string): string | null {
  const segments = parsePath(text)
  if (segments[0] === 'data') return null
  if (segments[0] === 'headers' && segments.length === 2) return null
  if (segments[0] === 'headers') {
    return `expected the name of one header, as headers.x-error; got "${text}"`
  }
  return `expected a path that begins with data or headers; got "${text}"`
}

function checkTemplate(message: string, path: Path, findings: Findings): void {
  for (const field of fieldsOf(message)) checkRulePath(field, path, findings)
  if (message.lastIndexOf('{{') > message.lastIndexOf('}}')) {
    findings.fault(path, 'a {{ is never closed by }}')
  }
}

/** Where two rules of a list have one filter, the second can never decide. */
function warnOfUnreachable(rules: readonly ErrorRule[], path: Path, findings: Findings): void {
  const seen = new Map<string, number>()
  rules.forEach((rule, index) => {
    const key = JSON.stringify(rule.filter)
    const first = seen.get(key)
    if (first === undefined) {
      seen.set(key, index)
      return
    }
    const above = `rule ${first} above it has the same filter`
    const loss = rule.type === 'ExpiredToken' && rules[first]?.type !== 'ExpiredToken'
    findings.warn(
      [...path, index],
      loss ? `never renews anything: ${above}` : `can never decide: ${above}`,
    )
  })
}
