import type { CallHost } from '../host.ts'
import { toText } from '../intrinsics.ts'
import { defineGlobal } from './define.ts'

/**
 * `cyclr_sign(algorithm, key, value)`: the signature in Base64. The host signs, so that the key may
 * be a secret; the signature is then a stand-in, too (dialect section 14, 14).
 */
export function installSign(callHost: CallHost): void {
  defineGlobal('cyclr_sign', (algorithm?: unknown, key?: unknown, value?: unknown): unknown =>
    callHost('cyclr_sign', { algorithm, key, value: textOf(value) }),
  )
}

/** A number is signed as it is written; what is not there is refused by the host. */
function textOf(value: unknown): unknown {
  return value === undefined || value === null ? value : toText(value)
}
