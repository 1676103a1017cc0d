import { createHmac, createPrivateKey, type KeyObject, sign as signWith } from 'node:crypto'
import { promisify } from 'node:util'
import { isJsonObject } from '../../model/json.ts'
import { derived } from './derived.ts'
import type { Service } from './service.ts'

/** Larger keys would keep a thread of all tenants busy for seconds. */
const mostKeyBits = 8192
/** Twice what such a key takes in PEM: a longer text is not looked through at all. */
const mostKeyText = 16_384

/**
 * `cyclr_sign(algorithm, key, value)` (dialect section 5): the signature in Base64, of the value's
 * UTF-8. Key and value may hold placeholders; the signature is then one too.
 */
export const sign: Service = async ({ execution }, argument) => {
  const { algorithm, key, value } = isJsonObject(argument) ? argument : {}
  if (typeof algorithm !== 'string' || typeof key !== 'string' || typeof value !== 'string') {
    throw new Error('cyclr_sign takes three texts: the algorithm, the key and the value')
  }
  const signer = signerOf(algorithm)
  return derived(execution.placeholders, [key, value], ([knownKey = '', knownValue = '']) =>
    signer(knownKey, knownValue),
  )
}

type Signer = (key: string, value: string) => string | Promise<string>

const algorithms: ReadonlyMap<string, Signer> = new Map([
  ...['SHA1', 'SHA256', 'SHA512'].map((hash) => [`HMAC-${hash}`, hmac(hash)] as const),
  ...['SHA1', 'SHA224', 'SHA256', 'SHA384', 'SHA512'].map(
    (hash) => [`RSA-${hash}`, rsa(hash)] as const,
  ),
])

function signerOf(algorithm: string): Signer {
  const signer = algorithms.get(algorithm.toUpperCase())
  if (signer) return signer
  const names = [...algorithms.keys()].join(', ')
  throw new Error(`cyclr_sign has no algorithm \`${algorithm.slice(0, 50)}\`; it has ${names}`)
}

function hmac(hash: string): Signer {
  return (key, value) => createHmac(hash, key).update(value, 'utf8').digest('base64')
}

/** RSASSA-PKCS1-v1_5 (RFC 8017 section 8.2), off the main thread. */
function rsa(hash: string): Signer {
  return async (pem, value) => {
    const key = readKey(pem)
    const bytes = await promisify(signWith)(hash, Buffer.from(value, 'utf8'), key)
    return bytes.toString('base64')
  }
}

/** What OpenSSL says of a bad key helps nobody, and may quote it. */
function readKey(pem: string): KeyObject {
  const key = pem.length > mostKeyText ? null : tryToRead(withLines(pem))
  if (key?.asymmetricKeyType !== 'rsa') {
    throw new Error('cyclr_sign needs an RSA private key in PEM form, without a passphrase')
  }
  if ((key.asymmetricKeyDetails?.modulusLength ?? 0) > mostKeyBits) {
    throw new Error(`cyclr_sign takes RSA keys of ${mostKeyBits} bits at most`)
  }
  return key
}

function tryToRead(pem: string): KeyObject | null {
  try {
    return createPrivateKey(pem)
  } catch {
    return null
  }
}

/** A form field often makes one line of a PEM text, or writes its line ends as `\n`. */
function withLines(pem: string): string {
  const [, label, body] =
    /-----BEGIN ([A-Z ]{1,40})-----(.*?)-----END [A-Z ]{1,40}-----/s.exec(pem) ?? []
  if (label === undefined || body === undefined || body.includes(':')) return pem
  const digits = body.replaceAll(/\\[nr]|\s/g, '')
  const lines = digits.match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}
