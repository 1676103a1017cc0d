/**
 * `cyclr_xml_serialize` and `cyclr_xml_deserialize`, by the one convention that the runtime has for
 * XML: an attribute is `@name`, text beside others is `#text`, a repeated element is an array, and
 * every value read is a string. `http/xml.ts` keeps to the same for requests and responses.
 */
import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { defineGlobal } from '../functions/define.ts'

type Members = Readonly<Record<string, unknown>>

export function install(): void {
  defineGlobal('cyclr_xml_serialize', serializeXml)
  defineGlobal('cyclr_xml_deserialize', deserializeXml)
}

/** An object with the root element as its only member. Throws an `Error` for what is no XML. */
export function deserializeXml(given?: unknown): unknown {
  if (typeof given === 'object' && given !== null) {
    throw refused('deserialize', 'a text is needed; an answer in XML is an object already')
  }
  const text = String(given ?? '')
  const valid = XMLValidator.validate(text)
  if (valid !== true) throw refused('deserialize', `line ${valid.err.line}: ${valid.err.msg}`)
  const document = parse(text)
  const roots = Object.values(document)
  if (roots.length !== 1 || Array.isArray(roots[0])) {
    throw refused('deserialize', 'it does not have one root element')
  }
  return document
}

/**
 * A document without a declaration, unless the object has one as `?xml`. Null is an empty element.
 * Throws an `Error` where there is not one root element, and for a key that is no name.
 */
export function serializeXml(given?: unknown): string {
  if (!isMembers(given)) throw refused('serialize', 'an object is needed')
  const { '?xml': declaration, ...others } = JSON.parse(JSON.stringify(given)) as Members
  const [root, ...more] = Object.entries(others)
  if (root === undefined || more.length > 0 || Array.isArray(root[1])) {
    throw refused('serialize', 'the object needs one member, which is the root element')
  }
  return writeDeclaration(declaration) + writeElement(...root)
}

function refused(what: 'serialize' | 'deserialize', why: string): Error {
  return new Error(`cyclr_xml_${what}: ${why}`)
}

const parser = new XMLParser({
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
})

function parse(text: string): Members {
  try {
    return parser.parse(text) as Members
  } catch (error) {
    throw refused('deserialize', error instanceof Error ? error.message : 'it is not XML')
  }
}

const predefined: Readonly<Record<string, string>> = {
  lt: '<',
  gt: '>',
  amp: '&',
  quot: '"',
  apos: "'",
}

/** The five names and the character references of XML 1.0; others stay as they stand. */
function decodeEntities(text: string): string {
  return text.replace(
    /&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(lt|gt|amp|quot|apos));/gi,
    (whole: string, hex?: string, decimal?: string, name?: string) => {
      if (name !== undefined) return predefined[name] ?? whole
      const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)
      const isCharacter = code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff)
      return isCharacter ? String.fromCodePoint(code) : whole
    },
  )
}

function writeDeclaration(declaration: unknown): string {
  if (!isMembers(declaration)) return ''
  return `<?xml${attributesOf(declaration)}?>`
}

function writeElement(name: string, value: unknown): string {
  const tag = checked(name)
  if (Array.isArray(value)) return value.map((item) => writeElement(tag, item)).join('')
  if (!isMembers(value)) return writeTag(tag, escaped(value))
  const content = Object.entries(value)
    .filter(([key]) => !key.startsWith('@'))
    .map(([key, item]) => (key === '#text' ? escaped(item) : writeElement(key, item)))
  return writeTag(tag + attributesOf(value), content.join(''), tag)
}

function writeTag(opening: string, content: string, tag = opening): string {
  return content === '' ? `<${opening}/>` : `<${opening}>${content}</${tag}>`
}

function attributesOf(value: Members): string {
  return Object.entries(value)
    .filter(([key]) => key.startsWith('@'))
    .map(([key, item]) => ` ${checked(key.slice(1))}="${escaped(item)}"`)
    .join('')
}

function checked(name: string): string {
  if (/^[\p{L}_][\p{L}\p{N}._-]*(:[\p{L}_][\p{L}\p{N}._-]*)?$/u.test(name)) return name
  throw refused('serialize', `${JSON.stringify(name.slice(0, 100))} is not the name of an element`)
}

function escaped(value: unknown): string {
  const text = typeof value === 'object' && value !== null ? JSON.stringify(value) : (value ?? '')
  return String(text).replace(/[<>&"\t\n\r]/g, (character) => `&#${character.charCodeAt(0)};`)
}

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
