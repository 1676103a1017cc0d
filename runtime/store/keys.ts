import { createHash } from 'node:crypto'
import { UsageError } from '../model/usage-error.ts'
import { keyBytes, seal, unseal } from './cipher.ts'
import type { WrappedKey } from './record.ts'

/**
 * The operator's key, wherever it is kept: a file, the environment, or a call to your key management
 * service. `context` is authenticated data: give it to the service as the encryption context, or
 * check it yourself, so that a data key opens for its own connection only.
 */
export interface KeyProvider {
  /** Encrypts a data key by the key in use now. */
  wrap(dataKey: Uint8Array, context: Uint8Array): Promise<WrappedKey>
  /** Decrypts a data key, by the key in use now or an older one. Rejects with `UsageError`. */
  unwrap(wrapped: WrappedKey, context: Uint8Array): Promise<Uint8Array>
}

/** Keys at hand: the first one encrypts, the others only decrypt what they once encrypted. */
export function localKeys(keys: readonly Uint8Array[], place: string): KeyProvider {
  const named = keys.map((key) => ({ id: keyId(key), key }))
  const [current] = named
  if (!current) throw badKey(`${place} holds no key`)
  return {
    wrap: async (dataKey, context) => ({
      keyId: current.id,
      bytes: seal(current.key, dataKey, context),
    }),
    unwrap: async (wrapped, context) => {
      const fitting = named.find(({ id }) => id === wrapped.keyId)
      if (!fitting) {
        throw new UsageError(
          'genericError',
          `The key ${wrapped.keyId} is not in ${place}, which holds ${named.map(({ id }) => id).join(', ')}`,
          { cure: `Add the key that the store was encrypted with to ${place}, as a further line` },
        )
      }
      const dataKey = unseal(fitting.key, wrapped.bytes, context)
      if (dataKey) return dataKey
      throw new UsageError('genericError', `A data key does not open by the key ${wrapped.keyId}`, {
        cure: 'The stored data was changed from outside: restore the store from a backup',
      })
    },
  }
}

/** Names a key without giving it away: it is random, so its hash cannot be searched for. */
function keyId(key: Uint8Array): string {
  return createHash('sha256').update('hookline operator key').update(key).digest('hex').slice(0, 16)
}

/** Reads keys written in base64, 32 bytes each, by white space or commas apart. */
export function readKeys(text: string, place: string): readonly Uint8Array[] {
  return text
    .replace(/^\s*#.*$/gm, '')
    .split(/[\s,]+/)
    .filter((word) => word !== '')
    .map((word, index) => readKey(word, `${place}, key ${index + 1},`))
}

function readKey(word: string, place: string): Uint8Array {
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(word)) throw badKey(`${place} is not base64`)
  const key = Buffer.from(word, 'base64')
  if (key.length !== keyBytes) {
    throw badKey(`${place} has ${key.length} bytes, and must have ${keyBytes}`)
  }
  // 32 random bytes have fewer than 16 different values once in 10^16 keys.
  if (new Set(key).size < 16) throw badKey(`${place} is not random`)
  return key
}

function badKey(message: string): UsageError {
  return new UsageError('entityInvalid', message, {
    cure: 'Make a key by `openssl rand -base64 32`',
  })
}

/** Keys from an environment variable, `HOOKLINE_KEY` unless said. */
export function keysFromEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  name = 'HOOKLINE_KEY',
): KeyProvider {
  const place = `the environment variable ${name}`
  return localKeys(readKeys(environment[name] ?? '', place), place)
}
