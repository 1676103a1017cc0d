import type { Json } from '../../runtime/model/json.ts'
import type {
  ConditionExplanation,
  GroupExplanation,
  RuleExplanation,
} from '../../runtime/rules/explain.ts'
import type { RulesReport } from '../commands/rules.ts'
import { oneLine } from '../streams.ts'
import type { Paint } from './paint.ts'
import { tableText } from './table.ts'

/**
 * Each rule with its conditions, and what comes of it:
 *
 *     ✓ connector rule 0, Default: decides: "Token expired"
 *         all of
 *           ✓ data.status  equal "error"  is "error"
 *
 *     → The failure Default, "Token expired", unless after_error says otherwise.
 */
export function rulesText(report: RulesReport, paint: Paint): string {
  const { connector, method, status, rules, consequence } = report
  const count = `${rules.length} rule${rules.length === 1 ? '' : 's'}`
  return [
    paint('bold', oneLine(`${connector} ${method}, HTTP ${status}, ${count}`)),
    ...rules.map((rule) => ruleText(rule, paint)),
    '',
    `${paint('cyan', '→')} ${oneLine(consequence)}`,
  ].join('\n')
}

function ruleText(rule: RuleExplanation, paint: Paint): string {
  const { level, index, type, matches, decides, message } = rule
  const verdict = decides
    ? paint('green', `decides: "${oneLine(message ?? '')}"`)
    : paint('dim', matches ? 'matches too, but comes later' : 'does not match')
  const head = `${mark(matches, paint)} ${level} rule ${index}, ${type}: ${verdict}`
  return [head, ...groupLines(rule.filter, 2, paint)].join('\n')
}

function groupLines(group: GroupExplanation, depth: number, paint: Paint): readonly string[] {
  const pad = '  '.repeat(depth)
  const conditions = group.members.filter((member) => 'condition' in member)
  const lines = new Map(conditions.map((member, at) => [member, conditionLines(conditions)[at]]))
  return [
    `${pad}${paint('dim', group.joiner === 'all' ? 'all of' : 'any of')}`,
    ...group.members.flatMap((member) =>
      'condition' in member
        ? [`${pad}  ${mark(member.holds, paint)} ${lines.get(member) ?? ''}`]
        : groupLines(member, depth + 1, paint),
    ),
  ]
}

/** Those of one group stand in columns. */
function conditionLines(conditions: readonly ConditionExplanation[]): readonly string[] {
  const rows = conditions.map(({ condition, found }) => [
    oneLine(condition.path),
    `${condition.operator}${condition.value === undefined ? '' : ` ${wanted(condition.value)}`}`,
    found === undefined ? 'is not there' : `is ${shown(found)}`,
  ])
  return rows.length === 0 ? [] : tableText(rows).split('\n')
}

const longest = 60

type Wanted = NonNullable<ConditionExplanation['condition']['value']>

/** The guide's "Valor vazio" is no text, and no object either. */
function wanted(value: Wanted | null): string {
  return typeof value === 'object' && value !== null && 'system' in value
    ? 'the empty value'
    : shown(value)
}

function shown(value: Json): string {
  const text = oneLine(JSON.stringify(value))
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text
}

function mark(holds: boolean, paint: Paint): string {
  return holds ? paint('green', '✓') : paint('dim', '✗')
}
