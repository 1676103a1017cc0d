/**
 * Makes a connector of a definition that was exported from Cyclr (dialect section 10), of either
 * generation: the flat one, and that of 2022 with lists of authentications and rate limits.
 */
import { writeYaml } from '../../definition/yaml.ts'
import type { JsonObject } from '../../model/json.ts'
import { UsageError } from '../../model/usage-error.ts'
import { type Addresses, addressesOf } from './addresses.ts'
import { importAuth } from './auth.ts'
import { Exported, type Note, slug } from './exported.ts'
import { fixed, type ImportedMethod, importMethod, methodKey } from './methods.ts'
import { dataPath, importPaging } from './paging.ts'
import { type ImportedParameter, importParameters } from './parameters.ts'

export type ImportOptions = {
  /** The name of the connector, if not that of the file. */
  readonly name?: string
  /** Where the API is, for an export whose endpoints are all relative. */
  readonly baseUrl?: string
}

export type ImportedConnector = {
  readonly name: string
  /** Path below the connector's folder → text. */
  readonly files: ReadonlyMap<string, string>
  readonly methods: number
  readonly notes: readonly Note[]
}

type Fields = Readonly<Record<string, unknown>>

/** Throws `UsageError` for what is no such export, and where no endpoint says where the API is. */
export function importConnector(json: JsonObject, options: ImportOptions): ImportedConnector {
  const notes: Note[] = []
  const root = new Exported(json, '', notes)
  const connector = root.object('Connector', 'CustomConnector') ?? root
  const exported = connector.list('Methods')
  if (exported.length === 0) throw notAnExport()
  const title = connector.text('Name', 'DisplayName') ?? 'Connector'
  const addresses = demandAddresses(connector, exported, options)
  const { parameters, pages } = importParameters(connector)

  const keys = keysOf(exported)
  const methods = exported.map((method, index) =>
    importMethod(method, keys[index] ?? '', addresses),
  )
  const login = lookupOf(connector, exported, keys, 'PostInstallPropertyValueLookupMethod')
  const test = lookupOf(connector, exported, keys, 'PostInstallTestAuthMethod')
  const properties = propertiesOf(parameters, addresses)
  const script = connector.text('Script', 'ConnectorScript')
  const paging = importPaging(connector, pages, [])
  const definition: Fields = {
    title,
    version: connector.text('Version') ?? '1.0.0',
    base_url: addresses.baseUrl,
    ...(addresses.origins.length === 0 ? {} : { origins: addresses.origins }),
    auth: importAuth(connector, login !== null),
    ...(Object.keys(properties).length === 0 ? {} : { properties }),
    ...(login === null ? {} : { post_install: postInstall(login, methods, properties) }),
    ...(test === null ? {} : { test_call: test }),
    ...fixed(parameters, 'header', 'headers'),
    ...fixed(parameters, 'query', 'query'),
    ...rateLimitOf(connector),
    ...(paging === null ? {} : { paging }),
    ...(script === null ? {} : { script: 'scripts/connector.js' }),
    methods: Object.fromEntries(
      methods.map(({ key, fields }, index) => [key, turning(fields, parameters, exported[index])]),
    ),
  }
  for (const trigger of connector.list('Triggers')) trigger.note('there are no triggers here')
  connector.noteUnread(ignored)
  return {
    name: options.name ?? (slug(title) || 'connector'),
    files: filesOf(definition, script, methods),
    methods: methods.length,
    notes,
  }
}

function notAnExport(): UsageError {
  return new UsageError('entityInvalid', 'This is not an exported connector: it has no `Methods`', {
    cure: 'Give the JSON that the connector builder exports.',
  })
}

function demandAddresses(
  connector: Exported,
  methods: readonly Exported[],
  { baseUrl }: ImportOptions,
): Addresses {
  const endpoints = methods.flatMap((method) => method.text('EndPoint', 'Endpoint', 'Url') ?? [])
  const schemes = [connector, ...connector.list('Authentication', 'Authentications')]
  const tokenUrls = schemes.flatMap((scheme) => scheme.text('AccessTokenUrl') ?? [])
  const given = baseUrl ?? connector.text('BaseUrl', 'ApiUrl')
  const found = addressesOf(endpoints, tokenUrls, given)
  if (found !== null) return found
  throw new UsageError('missingFields', 'No endpoint of this export says where the API is', {
    cure: 'Say it with --base-url https://api.vendor.example.',
  })
}

function keysOf(methods: readonly Exported[]): readonly string[] {
  const taken = new Set<string>()
  return methods.map((method) => {
    const key = methodKey(method, taken)
    taken.add(key)
    return key
  })
}

/** The method that a setting names: by its name, its identifier or its number, or in an object. */
function lookupOf(
  connector: Exported,
  methods: readonly Exported[],
  keys: readonly string[],
  setting: string,
): string | null {
  const names = [setting, `${setting}Id`, `${setting}Name`]
  const object = connector.object(...names)
  const wanted = object?.text('UniqueIdentifier', 'Id', 'Name') ?? connector.text(...names)
  if (wanted === null || wanted === undefined) return null
  const index = methods.findIndex((method) =>
    [method.text('Name'), method.text('UniqueIdentifier'), method.text('Id')].includes(wanted),
  )
  if (index < 0) connector.note(`there is no method ${wanted}`, setting)
  return keys[index] ?? null
}

/** Without a value that asks for the next page, or a script, the same page would come for ever. */
function turning(
  { paging, ...fields }: Fields,
  around: readonly ImportedParameter[],
  method: Exported | undefined,
): Fields {
  if (paging === undefined) return fields
  const texts = JSON.stringify([fields, around])
  const { next_url: next, tokens } = paging as Fields
  const asks = texts.includes(tokens ? 'CYCLR_PAGE_TOKEN' : 'CYCLR_PAGE_')
  if (next !== undefined || asks || 'script' in fields) return { ...fields, paging }
  method?.note('no parameter asks for the next page, so only the first one is read', 'PagedInbound')
  return fields
}

/** A host is decided by properties only, so what stands in one becomes a property. */
function propertiesOf(parameters: readonly ImportedParameter[], { hostFields }: Addresses): Fields {
  const declared = parameters.filter(
    (one) =>
      !((one.place === 'header' || one.place === 'query') && one.isFixed && one.value !== null),
  )
  const missing = hostFields.filter((field) => !declared.some(({ name }) => name === field))
  return Object.fromEntries([
    ...declared.map((one) => [propertyName(one.name), propertyOf(one)] as const),
    ...missing.map((field) => [propertyName(field), { in: 'mergefield' }] as const),
  ])
}

function propertyOf({ name, place, label, value, isSensitive }: ImportedParameter): Fields {
  return {
    in: place,
    ...(propertyName(name) === name ? {} : { as: name }),
    sensitive: isSensitive || (value === null && /secret|token|passw|session|api_?key/i.test(name)),
    ...(label === null ? {} : { label }),
    ...(value === null ? {} : { default: value }),
  }
}

function propertyName(name: string): string {
  const word = name.replaceAll(/\W+/g, '_')
  return /^[A-Za-z_]/.test(word) ? word : `_${word}`
}

/** The System Field rule: a field of the login's answer goes to the property of that name. */
function postInstall(
  login: string,
  methods: readonly ImportedMethod[],
  properties: Fields,
): unknown {
  const fields = methods.find(({ key }) => key === login)?.systemFields ?? new Map<string, string>()
  const values = [...fields].flatMap(([location, system]) =>
    propertyName(system) in properties ? [[propertyName(system), dataPath(location)] as const] : [],
  )
  return values.length === 0 ? login : { method: login, values: Object.fromEntries(values) }
}

function rateLimitOf(connector: Exported): Fields {
  const [limit, ...others] = connector.list('RateLimits')
  for (const other of others) other.note('a connector has one rate limit here')
  const perSecond = limit?.number('RequestsPerSecond', 'MaxRequestsPerSecond', 'PerSecond') ?? null
  const gap = limit?.number('SecondsBetweenRequests', 'SecondsBetween') ?? null
  if (perSecond !== null && perSecond >= 1)
    return { rate_limit: { per_second: Math.floor(perSecond) } }
  if (gap !== null) return { rate_limit: { gap_ms: Math.max(1, Math.round(gap * 1000)) } }
  limit?.note('neither requests per second nor seconds between requests were found in it')
  return {}
}

const head = `# Imported. Errors and logins deserve a look: what a script says by an exception, a rule under
# "errors" often says in three lines.
`

function filesOf(
  definition: Fields,
  script: string | null,
  methods: readonly ImportedMethod[],
): ReadonlyMap<string, string> {
  return new Map([
    ['connector.yaml', `${head}${writeYaml(definition)}`],
    ...(script === null ? [] : [['scripts/connector.js', ended(script)] as const]),
    ...methods.flatMap(({ key, script: own }) =>
      own === null ? [] : [[`scripts/${key}.js`, ended(own)] as const],
    ),
  ])
}

function ended(script: string): string {
  return `${script.replaceAll('\r\n', '\n').trimEnd()}\n`
}

const ignored = [
  'Id',
  'Description',
  'Icon',
  'Status',
  'UniqueIdentifier',
  'ReleaseStatus',
  'Billable',
  'ProductAddon',
  'MethodCategories',
  'AuthType',
  'OAuth2Type',
  'AuthScheme',
  'ClientId',
  'ClientSecret',
  'AuthoriseUrl',
  'AuthorizeUrl',
  'AccessTokenUrl',
  'Scopes',
  'PageSizeInbound',
  'PageSizeOutbound',
]
