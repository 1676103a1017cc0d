/** One link of a `Link` header: its target and its parameters, quoted commas included. */
const link = /<([^<>]*)>((?:\s*;\s*[^\s=;,<]+(?:\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^\s",;]*))?)*)/g
const parameter = /;\s*([^\s=;,]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",;]*)))?/g

/** The target of `rel=next` in a `Link` header (RFC 8288 section 3); null where there is none. */
export function nextLink(header: string): string | null {
  for (const [, target = '', parameters = ''] of header.matchAll(link)) {
    for (const [, name = '', quoted, plain = ''] of parameters.matchAll(parameter)) {
      const relations = (quoted ?? plain).toLowerCase().split(/\s+/)
      if (name.toLowerCase() === 'rel' && relations.includes('next')) return target
    }
  }
  return null
}
