import { TextDecoder } from 'node:util'

/** A body as text, and what was odd about its encoding. */
export type Decoded = { readonly text: string; readonly warning: string | null }

/**
 * Decodes bytes by their byte order mark, else by the `charset` of the content type, else by the
 * XML declaration, else as UTF-8. Any encoding of the WHATWG Encoding Standard is known; one that
 * is not is read as UTF-8, with a warning.
 */
export function decodeText(bytes: Uint8Array, contentType: string): Decoded {
  const label = markOf(bytes) ?? parameterOf(contentType) ?? declarationOf(bytes) ?? 'utf-8'
  const decoder = decoderOf(label)
  return {
    text: (decoder ?? new TextDecoder()).decode(bytes),
    warning: decoder ? null : `the charset ${JSON.stringify(label)} is not known; read as UTF-8`,
  }
}

function markOf(bytes: Uint8Array): string | null {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return 'utf-8'
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be'
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le'
  return null
}

function parameterOf(contentType: string): string | null {
  return /;\s*charset\s*=\s*"?([^\s";]{1,40})/i.exec(contentType)?.[1] ?? null
}

function declarationOf(bytes: Uint8Array): string | null {
  const start = Buffer.from(bytes.subarray(0, 100)).toString('latin1')
  return /^<\?xml\s[^>]*encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']/.exec(start)?.[1] ?? null
}

function decoderOf(label: string): TextDecoder | null {
  try {
    return new TextDecoder(label)
  } catch {
    return null
  }
}
