import type { CallHost } from '../host.ts'
import { installCsv } from './csv.ts'
import { installEncoding } from './encoding.ts'
import { installHttpRequest } from './http-request.ts'
import { installSign } from './sign.ts'
import { installStorage } from './storage.ts'

/** Every function of the dialect (section 5) that needs no library. */
export function installFunctions(callHost: CallHost): void {
  installHttpRequest(callHost)
  installEncoding(callHost)
  installSign(callHost)
  installCsv()
  installStorage(callHost)
}
