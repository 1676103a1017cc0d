/** Parameters of a connector or a method, by their target: header, query, mergefield, script, paging. */
import type { Exported } from './exported.ts'

export type Place = 'header' | 'query' | 'mergefield' | 'script'

export type ImportedParameter = {
  readonly name: string
  readonly place: Place
  readonly label: string | null
  readonly isRequired: boolean
  /** A value that nobody is asked for. */
  readonly isFixed: boolean
  readonly value: string | null
  readonly isProperty: boolean
  readonly isSensitive: boolean
}

/** What the answer of one page says of the next: where, and which placeholder takes it. */
export type PageSource = { readonly location: string; readonly value: string }

export type ImportedParameters = {
  readonly parameters: readonly ImportedParameter[]
  readonly pages: readonly PageSource[]
}

const places: Readonly<Record<string, Place>> = {
  httpheader: 'header',
  header: 'header',
  querystring: 'query',
  mergefield: 'mergefield',
  script: 'script',
}

export function importParameters(owner: Exported): ImportedParameters {
  const parameters: ImportedParameter[] = []
  const pages: PageSource[] = []
  for (const one of owner.list('Parameters')) {
    const target = (one.text('TargetType') ?? '').toLowerCase()
    const name = one.text('TargetName', 'Name')
    const place = places[target]
    if (target === 'responsefield') {
      pages.push(...pageSource(one, name))
    } else if (place === undefined || name === null) {
      one.note(`there is no such parameter here: ${one.text('TargetType') ?? 'without a target'}`)
    } else {
      parameters.push(readParameter(one, name, place))
    }
    noteRest(one)
  }
  return { parameters, pages }
}

function readParameter(one: Exported, name: string, place: Place): ImportedParameter {
  const values = valuesOf(one)
  const isProperty = one.flag('IsAccountConnectorProperty', 'AccountConnectorProperty')
  const isPartners = one.flag('IsPartnerConnectorProperty', 'PartnerConnectorProperty')
  if (isPartners) {
    one.note(
      'there is no value of a partner here; each connection has its own',
      'IsPartnerConnectorProperty',
    )
  }
  if (values.length > 1) {
    one.note(`the choice of values was not kept: ${values.slice(0, 5).join(', ')}`, 'Values')
  }
  return {
    name,
    place,
    label: one.text('DisplayName'),
    isRequired: one.value('IsOptional') !== null ? !one.flag('IsOptional') : false,
    isFixed: one.flag('Hide', 'IsHidden') || /^CYCLR_/.test(values[0] ?? ''),
    value: values.length === 1 ? (values[0] ?? null) : null,
    isProperty: isProperty || isPartners,
    isSensitive: one.flag('Sensitive', 'IsSensitive'),
  }
}

/** A value stands alone, or in an object with its description. */
function valuesOf(one: Exported): readonly string[] {
  const list = one.value('Values')
  const texts = Array.isArray(list)
    ? list.map((each) => {
        const value =
          typeof each === 'object' && each !== null ? (each as { Value?: unknown }).Value : each
        return value === null || value === undefined ? '' : String(value)
      })
    : [one.text('Value', 'DefaultValue') ?? '']
  return texts.filter((text) => text !== '')
}

function pageSource(one: Exported, location: string | null): readonly PageSource[] {
  const [value] = valuesOf(one)
  if (location !== null && value !== undefined && /^CYCLR_PAGE_(?:NEXT_URL|TOKEN)/.test(value)) {
    return [{ location, value }]
  }
  one.note('of values from a response, only the next page’s address and tokens are carried over')
  return []
}

const ignored = [
  'Description',
  'DisplayOrder',
  'Id',
  'Multiline',
  'IsMultiline',
  'Type',
  'DataType',
]

function noteRest(one: Exported): void {
  if (one.value('TriggerName') !== null)
    one.note('choices that a trigger loads are not carried over', 'TriggerName')
  one.noteUnread(ignored)
}
