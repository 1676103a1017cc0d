import type { IncomingMessage } from 'node:http'
import { type Json, jsonDepth, parseJson } from '../model/json.ts'
import { type Answer, refusal } from './answer.ts'

export type BodyLimits = {
  /** 1 MiB unless said. */
  readonly bodyBytes: number
}

const deepest = 64

/**
 * Reads a request's body, which must be JSON and say so: a browser sends `application/json` to
 * another origin only after it has asked, and is not given leave.
 */
export async function readJson(
  request: IncomingMessage,
  { bodyBytes }: BodyLimits,
): Promise<{ readonly value: Json } | { readonly refused: Answer }> {
  if (!isJson(request.headers['content-type'])) {
    const message = 'The body must be of type application/json.'
    return { refused: refusal('entityInvalid', message, { status: 415 }) }
  }
  const read = await readBytes(request, { bodyBytes })
  return 'refused' in read ? read : parse(read.bytes.toString('utf8'))
}

/** Reads a request's body as it came, of whatever type. */
export async function readBytes(
  request: IncomingMessage,
  { bodyBytes }: BodyLimits,
): Promise<{ readonly bytes: Buffer } | { readonly refused: Answer }> {
  const bytes = await gather(request, bodyBytes)
  return bytes === null ? { refused: tooLarge(bodyBytes) } : { bytes }
}

export function tooLarge(bodyBytes: number): Answer {
  const message = `The body is larger than ${bodyBytes} bytes.`
  return refusal('entityInvalid', message, { status: 413, headers: { connection: 'close' } })
}

function isJson(type: string | undefined): boolean {
  return /^application\/json\s*(;\s*charset="?utf-8"?\s*)?$/i.test(type ?? '')
}

/** Null where there is more of it than allowed; the rest is then not read. */
async function gather(request: IncomingMessage, most: number): Promise<Buffer | null> {
  if (Number(request.headers['content-length'] ?? 0) > most) return null
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > most) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function parse(text: string): { readonly value: Json } | { readonly refused: Answer } {
  if (jsonDepth(text) > deepest) {
    return { refused: refusal('entityInvalid', `The body nests deeper than ${deepest} levels.`) }
  }
  try {
    return { value: parseJson(text) }
  } catch {
    return { refused: refusal('entityInvalid', 'The body is not JSON.') }
  }
}
