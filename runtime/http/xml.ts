/**
 * XML as data, both ways, by one convention: an attribute is `@name`, text beside attributes or
 * elements is `#text`, a repeated element is an array, and every value read is a string. The only
 * file that knows fast-xml-parser, of which it takes the parser; its writer lets any key be markup.
 */
import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { isJsonObject, type Json } from '../model/json.ts'

/**
 * Reads a document as an object with the root element as its only member. Throws `SyntaxError`
 * where it is no XML, nests deeper than 64 elements, or uses a name that reaches a prototype.
 * Entities that the document declares are left as they stand: they are how a small text becomes a
 * huge one.
 */
export function parseXml(text: string): Json {
  const valid = XMLValidator.validate(text)
  if (valid !== true) throw new SyntaxError(`line ${valid.err.line}: ${valid.err.msg}`)
  const document = parse(text)
  const [root, ...others] = isJsonObject(document) ? Object.values(document) : []
  if (root !== undefined && !Array.isArray(root) && others.length === 0) return document
  throw new SyntaxError('it does not have one root element')
}

/**
 * Writes a document with `root` as its root element; an empty `root` takes the body's only member
 * for it. Null is an empty element. Throws `SyntaxError` where a key is not an XML name.
 */
export function writeXml(body: Json, root: string): string {
  const element = root === '' ? onlyMember(body) : ([root, body] as const)
  return `<?xml version="1.0" encoding="UTF-8"?>${writeElement(...element)}`
}

const parserOptions = {
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  textNodeName: '#text',
  parseTagValue: false,
  parseAttributeValue: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  maxNestedTags: 64,
  entityDecoder: {
    setExternalEntities() {},
    addInputEntities() {},
    reset() {},
    setXmlVersion() {},
    decode: decodeEntities,
  },
} as const

function parse(text: string): Json {
  try {
    return new XMLParser(parserOptions).parse(text) as Json
  } catch (error) {
    throw new SyntaxError(error instanceof Error ? error.message : 'it is not XML')
  }
}

/** The five names and the character references of XML 1.0 section 4.1 and 4.6. */
function decodeEntities(text: string): string {
  if (!text.includes('&')) return text
  return text.replace(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(lt|gt|amp|quot|apos));/gi, decodeEntity)
}

function decodeEntity(whole: string, hex: string, decimal: string, name: string): string {
  if (name !== undefined) return predefined[name] ?? whole
  const code = hex === undefined ? Number.parseInt(decimal, 10) : Number.parseInt(hex, 16)
  const isCharacter = code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff)
  return isCharacter ? String.fromCodePoint(code) : whole
}

const predefined: Readonly<Record<string, string>> = {
  lt: '<',
  gt: '>',
  amp: '&',
  quot: '"',
  apos: "'",
}

function onlyMember(body: Json): readonly [name: string, value: Json] {
  const [member, ...others] = isJsonObject(body) ? Object.entries(body) : []
  if (member !== undefined && others.length === 0) return member
  throw new SyntaxError('an XML body needs one root element: name it as xml_root')
}

function writeElement(name: string, value: Json): string {
  const tag = checkName(name)
  if (Array.isArray(value)) return value.map((item: Json) => writeElement(tag, item)).join('')
  if (!isJsonObject(value)) return writeTag(tag, '', escapeText(value))
  const members = Object.entries(value)
  const attributes = members
    .filter(([key]) => key.startsWith('@'))
    .map(([key, item]) => ` ${checkName(key.slice(1))}="${escapeText(item)}"`)
  const content = members
    .filter(([key]) => !key.startsWith('@'))
    .map(([key, item]) => (key === '#text' ? escapeText(item) : writeElement(key, item)))
  return writeTag(tag, attributes.join(''), content.join(''))
}

function writeTag(tag: string, attributes: string, content: string): string {
  return content === '' ? `<${tag}${attributes}/>` : `<${tag}${attributes}>${content}</${tag}>`
}

function checkName(name: string): string {
  if (/^[\p{L}_][\p{L}\p{N}._-]*(:[\p{L}_][\p{L}\p{N}._-]*)?$/u.test(name)) return name
  throw new SyntaxError(`${JSON.stringify(name.slice(0, 100))} is not the name of an XML element`)
}

function escapeText(value: Json): string {
  const text = typeof value === 'object' ? (value === null ? '' : JSON.stringify(value)) : value
  return String(text).replace(/[<>&"\t\n\r]/g, (character) => `&#${character.charCodeAt(0)};`)
}
