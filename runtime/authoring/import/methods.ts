/** One method of an export as an entry under `methods`. */
import { literalLocation, parseLocation } from '../../model/location.ts'
import { type Addresses, pathOf } from './addresses.ts'
import { type Exported, slug } from './exported.ts'
import { importOutboundPaging, importPaging } from './paging.ts'
import { type ImportedParameter, importParameters } from './parameters.ts'

type Fields = Readonly<Record<string, unknown>>

export type ImportedMethod = {
  readonly key: string
  readonly fields: Fields
  readonly script: string | null
  /** Location → system field, of the answer: what a login gives to properties. */
  readonly systemFields: ReadonlyMap<string, string>
}

const verbs = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

export function importMethod(method: Exported, key: string, addresses: Addresses): ImportedMethod {
  const { parameters, pages } = importParameters(method)
  const request = method.object('RequestFormat')?.list('Fields') ?? method.list('RequestFields')
  const response = method.object('ResponseFormat')?.list('Fields') ?? method.list('ResponseFields')
  const responseFields = response.flatMap((field) => field.text('ConnectorField', 'Location') ?? [])
  const script = method.text('Script')
  const type = typeOf(method)
  const verb = verbOf(method)
  const paging = importPaging(method, pages, responseFields)
  const outbound = importOutboundPaging(method)
  const declared = { ...placed(parameters), ...bodyFields(request) }
  const fields = {
    title: method.text('Name', 'DisplayName') ?? key,
    ...(type === 'action' ? {} : { type }),
    verb,
    path: pathOf(method.text('EndPoint', 'Endpoint', 'Url') ?? '', addresses),
    ...fixed(parameters, 'query', 'query'),
    ...fixed(parameters, 'header', 'headers'),
    ...(Object.keys(declared).length === 0 ? {} : { parameters: declared }),
    ...bodyTypeOf(method, verb, request.length > 0),
    ...(method.text('XmlRootElement') === null ? {} : { xml_root: method.text('XmlRootElement') }),
    ...(method.flag('IgnoreAuthentication', 'IgnoreAuth') ? { ignore_auth: true } : {}),
    ...(paging === null ? {} : { paging }),
    ...(outbound === null ? {} : { outbound_paging: outbound }),
    ...(responseFields.length === 0 ? {} : { response_fields: responseFields }),
    ...(script === null ? {} : { script: `scripts/${key}.js` }),
  }
  for (const field of [...request, ...response]) noteField(field)
  method.noteUnread(ignored)
  return { key, fields, script, systemFields: systemFieldsOf(response) }
}

/** `contacts.list_contacts`: the category, and the name. */
export function methodKey(method: Exported, taken: ReadonlySet<string>): string {
  const words = [method.text('Category', 'MethodCategory'), method.text('Name', 'DisplayName')]
  const base = words
    .map((word) => slug(word ?? ''))
    .filter((word) => word !== '')
    .join('.')
  const wanted = base === '' ? 'method' : base
  let key = wanted
  for (let number = 2; taken.has(key); number++) key = `${wanted}_${number}`
  return key
}

function typeOf(method: Exported): string {
  const type = method.text('MethodType', 'Type') ?? 'Action'
  const word = type.toLowerCase().replaceAll(/[^a-z]/g, '')
  if (word === 'action' || word === 'script' || word === 'webhook') return word
  if (word === 'webhookresponse') return 'webhook_response'
  method.note(`there is no such type of method here: ${type}`, 'MethodType')
  return 'action'
}

function verbOf(method: Exported): string {
  const verb = (method.text('HttpMethod', 'Verb') ?? 'GET').toUpperCase()
  if (verbs.includes(verb)) return verb
  method.note(`there is no such verb here: ${verb}; GET was taken`, 'HttpMethod')
  return 'GET'
}

const bodyTypes: Readonly<Record<string, string>> = {
  json: 'json',
  xml: 'xml',
  form: 'form',
  file: 'binary',
  simplefile: 'binary',
  plaintext: 'text',
  multipartrelated: 'multipart',
}

function bodyTypeOf(method: Exported, verb: string, hasFields: boolean): Fields {
  const type = method.text('DataType') ?? 'Unknown'
  const body = bodyTypes[type.toLowerCase()]
  if (type.toLowerCase() === 'multipartrelated') {
    method.note('it is sent as multipart/form-data here', 'DataType')
  }
  const isUsual = body === undefined || (body === 'json' && verb !== 'GET')
  const sendsNone = ['GET', 'HEAD', 'DELETE', 'OPTIONS'].includes(verb) && !hasFields
  return isUsual || sendsNone ? {} : { body_type: body }
}

function placed(parameters: readonly ImportedParameter[]): Fields {
  const open = parameters.filter((one) => !isConstant(one))
  return Object.fromEntries(
    open.map(({ name, place, isRequired, value }) => [
      name,
      {
        in: place,
        ...(isRequired && value === null ? { required: true } : {}),
        ...(value === null ? {} : { default: value }),
      },
    ]),
  )
}

function isConstant({ isFixed, value, place }: ImportedParameter): boolean {
  return isFixed && value !== null && (place === 'query' || place === 'header')
}

/** `query` and `headers` of a method or a connector: values that nobody is asked for. */
export function fixed(
  parameters: readonly ImportedParameter[],
  place: 'query' | 'header',
  key: string,
): Fields {
  const constants = parameters.filter((one) => one.place === place && isConstant(one))
  if (constants.length === 0) return {}
  return { [key]: Object.fromEntries(constants.map(({ name, value }) => [name, value])) }
}

function bodyFields(fields: readonly Exported[]): Fields {
  return Object.fromEntries(
    fields.flatMap((field) => {
      const location = field.text('ConnectorField', 'Location')
      if (location === null) return []
      const isLocation = parseLocation(location) !== null
      if (!isLocation) field.note(`"${location}" is no location; it was taken for a name`)
      const value = firstValue(field)
      const entry = {
        in: 'body',
        ...(isLocation && literalLocation(location) === location
          ? {}
          : { as: isLocation ? location : literalLocation(location) }),
        ...(value === null && field.value('IsOptional') === false ? { required: true } : {}),
        ...(value === null ? {} : { default: value }),
      }
      return [[location, entry] as const]
    }),
  )
}

function firstValue(field: Exported): string | null {
  const values = field.value('Values')
  const [first] = Array.isArray(values) ? values : []
  return typeof first === 'string' && first !== '' && (values as unknown[]).length === 1
    ? first
    : null
}

function systemFieldsOf(response: readonly Exported[]): ReadonlyMap<string, string> {
  return new Map(
    response.flatMap((field) => {
      const location = field.text('ConnectorField', 'Location')
      const system = field.text('SystemField')
      return location === null || system === null ? [] : [[location, system] as const]
    }),
  )
}

function noteField(field: Exported): void {
  if (field.value('TriggerName') !== null)
    field.note('choices that a trigger loads are not carried over', 'TriggerName')
}

const ignored = [
  'Id',
  'Description',
  'Status',
  'Hide',
  'IsHidden',
  'DisplayOrder',
  'UniqueIdentifier',
  'Billable',
  'Category',
  'MethodCategoryId',
  'RequestFormat',
  'ResponseFormat',
  'ReleaseStatus',
  'PageSizeInbound',
  'PageSizeOutbound',
]
