/** The words of an error rule's filter: ours, and those of the guide that such rules come from. */
import type { RuleOperator } from '../model/connector.ts'

const operators = [
  'equal',
  'not_equal',
  'contains',
  'not_contains',
  'starts_with',
  'ends_with',
  'greater',
  'greater_or_equal',
  'less',
  'less_or_equal',
  'in',
  'not_in',
  'exists',
  'not_exists',
  'empty',
  'not_empty',
] as const satisfies readonly RuleOperator[]

export const operatorAliases = {
  Igual: 'equal',
  Equal: 'equal',
  Equals: 'equal',
  Diferente: 'not_equal',
  'Not equal': 'not_equal',
  'Not equal to': 'not_equal',
  Contém: 'contains',
  Contains: 'contains',
} as const satisfies Readonly<Record<string, RuleOperator>>

export const groupAliases = { E: 'all', AND: 'all', OU: 'any', OR: 'any' } as const

export const emptyAliases: readonly string[] = ['Valor vazio', 'Empty value']

export const operatorNames = [
  ...operators,
  ...(Object.keys(operatorAliases) as (keyof typeof operatorAliases)[]),
] as const

export const groupNames = [
  'all',
  'any',
  ...(Object.keys(groupAliases) as (keyof typeof groupAliases)[]),
] as const

/** Our word for an operator, whichever way it is spelt. */
export function operatorOf(name: (typeof operatorNames)[number]): RuleOperator {
  return name in operatorAliases
    ? operatorAliases[name as keyof typeof operatorAliases]
    : (name as RuleOperator)
}
