/** What scripts may call (dialect section 5), as declarations; all of it is synchronous. */

export type FunctionFact = {
  readonly name: string
  /** The rest of a TypeScript declaration, after the name. */
  readonly signature: string
  readonly doc: string
}

const storage = (prefix: string, scope: string): readonly FunctionFact[] => [
  fact(`${prefix}_get`, '(key: string): string | null', `The text that ${scope} keeps, or null.`),
  fact(
    `${prefix}_set`,
    '(key: string, value: any): true',
    'Keeps a value as text: what is none, as JSON. A secret is refused.',
  ),
  fact(`${prefix}_append`, '(key: string, value: any): string', 'The whole text afterwards.'),
  fact(`${prefix}_increment`, '(key: string, amount?: number): number', 'The new number.'),
  fact(`${prefix}_decrement`, '(key: string, amount?: number): number', 'The new number.'),
  fact(`${prefix}_delete`, '(key: string): boolean', 'Whether there was one.'),
  fact(`${prefix}_delete_all`, '(): true', `Forgets all that ${scope} keeps.`),
  fact(`${prefix}_list_keys`, '(): string[]', `Every key that ${scope} keeps.`),
  fact(`${prefix}_list_values`, '(): string[]', 'Every value, in the order of the keys.'),
]

export const functions: readonly FunctionFact[] = [
  fact(
    'http_request',
    '(request: HttpRequest): HttpResponse',
    'A request of the script’s own, with the connection’s credential unless the script sets that header. Answers for every status; throws where no answer came.',
  ),
  fact(
    'btoa',
    '(text: string, charset?: Charset): string',
    'Text to Base64, by way of a charset: UTF-8 unless said. Not the function that browsers call so.',
  ),
  fact('atob', '(base64: string, charset?: Charset): string', 'The way back from `btoa`.'),
  fact(
    'cyclr_sign',
    '(algorithm: SignAlgorithm, key: string, value: string): string',
    'A signature in Base64. The key may be a stand-in; an RSA key is PEM text.',
  ),
  fact(
    'cyclr_csv_parse',
    '(csv: string, delimiter?: string, hasHeader?: boolean): Record<string, string | null>[]',
    'Records by the names of the header; `Field1`, `Field2` … without one.',
  ),
  fact(
    'cyclr_xml_serialize',
    '(value: Record<string, any>): string',
    'An object with one root key to XML.',
  ),
  fact(
    'cyclr_xml_deserialize',
    '(xml: string): any',
    'XML to an object, with its root key. An attribute is `@name`, a repeated element a list.',
  ),
  ...storage('cyclr_storage', 'the connector'),
  ...storage('cycle_storage', 'the connector in this cycle'),
  fact(
    'require',
    "(name: 'moment' | 'moment-timezone' | 'crypto-js'): any",
    'Gives the libraries that are globals anyway. npm packages come in by `import`.',
  ),
]

/** Globals of the runtime that are no functions of their own. */
export const libraryNames: readonly string[] = ['moment', 'CryptoJS', 'console']

export const exceptionNames = ['AuthRefreshException', 'AuthSessionException'] as const

function fact(name: string, signature: string, doc: string): FunctionFact {
  return { name, signature, doc }
}
