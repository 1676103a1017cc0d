import type { CallHost } from '../host.ts'
import { defineProperty } from '../intrinsics.ts'

/**
 * `http_request(req)` (dialect section 14, 13): synchronous for the script; returns an answer of
 * any status, and throws an `Error` with a plain message when there was none.
 */
export function installHttpRequest(callHost: CallHost): void {
  const http_request = (request: unknown): unknown => callHost('http_request', request)
  defineProperty(globalThis, 'http_request', {
    value: http_request,
    writable: true,
    enumerable: false,
    configurable: true,
  })
}
