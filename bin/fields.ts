/** What a connector must be told before it can be connected, whoever is asked for it. */
import type { AuthScheme, Connector, OAuth2Scheme, Property } from '../runtime/model/connector.ts'

export type Field = {
  /** As the runtime knows it: `key`, `username`, `password`, or the name of a property. */
  readonly name: string
  readonly label: string
  readonly secret: boolean
  readonly optional: boolean
  readonly isProperty: boolean
}

/** The fields of the auth scheme first, then the connector’s own properties that no lookup finds. */
export function fieldsOf(connector: Connector): readonly Field[] {
  const declared = connector.properties.filter(({ name }) => !isFound(name, connector))
  const own = declared.map((property) => declaredField(property, connector))
  const scheme = schemeFields(connector.auth)
  const names = new Set(own.map(({ name }) => name))
  return [...scheme.filter(({ name }) => !names.has(name)), ...own.map(asSecretAs(scheme))]
}

/** `ClientSecret` → `ACME_CLIENT_SECRET`. */
export function variableOf(prefix: string, { name }: Pick<Field, 'name'>): string {
  const snake = name.replace(/([a-z\d])([A-Z])/g, '$1_$2').replace(/([A-Z]+)([A-Z][a-z])/g, '$1_$2')
  return `${prefix}_${snake}`.toUpperCase()
}

/** The lookup finds it, so nobody is asked. */
function isFound(name: string, { postInstall }: Connector): boolean {
  return postInstall !== null && Object.hasOwn(postInstall.values, name)
}

/** Where a lookup names no values, it takes those of equal names: anything may be found by it. */
function declaredField(property: Property, { postInstall }: Connector): Field {
  const { name, label, sensitive } = property
  const mayBeFound = postInstall !== null && Object.keys(postInstall.values).length === 0
  const optional = property.default !== null || mayBeFound
  return { name, label, secret: sensitive, optional, isProperty: true }
}

/** A connector that declares `Password` without calling it sensitive gets it asked for unseen. */
function asSecretAs(scheme: readonly Field[]) {
  return (field: Field): Field => ({
    ...field,
    secret: field.secret || scheme.some(({ name, secret }) => secret && name === field.name),
  })
}

function schemeFields(auth: AuthScheme): readonly Field[] {
  switch (auth.type) {
    case 'none':
    case 'session':
      return []
    case 'api_key':
      return [field('key', 'API key', { secret: true })]
    case 'basic':
      return [field('username', 'User name'), field('password', 'Password', { secret: true })]
    case 'oauth2':
      return oauth2Fields(auth)
  }
}

function oauth2Fields({ grant, clientId, clientAuthentication }: OAuth2Scheme): readonly Field[] {
  const property = { isProperty: true }
  const secret = { ...property, secret: true }
  return [
    ...(clientId === null ? [field('ClientId', 'Client id', property)] : []),
    ...(clientAuthentication === 'private_key_jwt'
      ? [
          field('ClientKey', 'Private key of the client (PKCS #8, PEM)', secret),
          field('ClientKeyId', 'Id of that key', { ...property, optional: true }),
        ]
      : [
          field('ClientSecret', 'Client secret', {
            ...secret,
            optional: grant !== 'client_credentials',
          }),
        ]),
    ...(grant === 'password'
      ? [field('Username', 'User name', property), field('Password', 'Password', secret)]
      : []),
  ]
}

function field(name: string, label: string, more: Partial<Field> = {}): Field {
  return { secret: false, optional: false, isProperty: false, ...more, name, label }
}
