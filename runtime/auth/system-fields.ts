/** The values of the mergefields that a connector uses without declaring them (`model`). */
import type { Call, PagePosition } from '../model/call.ts'
import type { AuthValue, Credential } from '../model/connection.ts'
import type { Secret } from '../model/secret.ts'
import { isPageField, systemFieldName, tokenSuffix } from '../model/system-fields.ts'
import { formatDate } from './date-format.ts'
import type { Placeholders } from './placeholders.ts'

/** What a request is built from, beside its call. */
export type Setting = {
  readonly credential: Credential
  readonly placeholders: Placeholders
  readonly page: PagePosition
  /** When the method last ran well. */
  readonly lastRun: Date
}

/**
 * The value of a system field; null where it has none here, and undefined where the name is no
 * system field that the runtime fills. Secrets are placeholders.
 */
export function systemValue(
  field: string,
  call: Call,
  setting: Setting,
): string | number | null | undefined {
  if (isPageField(field)) return pageValue(field, setting.page)
  const { auth } = setting.credential
  const secret = (value: Secret | null) => value && setting.placeholders.conceal(value)
  switch (systemFieldName(field)) {
    case 'LastSuccessfulRunDate':
      return formatDate(setting.lastRun, formatOf(field))
    case 'Cyclr_Auth_ApiKey':
      return secret(keyOf(auth))
    case 'Cyclr_Auth_Username':
      return auth.kind === 'basic' ? auth.username : null
    case 'Cyclr_Auth_Password':
      return secret(auth.kind === 'basic' ? auth.password : null)
    case 'cyclr_account_id':
      return call.connection.tenant
    case 'external_account_id':
      return call.connection.id
    case 'cycle_id':
      return call.cycle.id
    case 'cycle_step_id':
      return call.cycle.stepId
    case 'transaction_id':
    case 'cyclr_transaction_id':
      return call.id
    default:
      return undefined
  }
}

function pageValue(field: string, page: PagePosition): string | number | null {
  const { number, size, nextUrl, tokens } = page
  if (field === 'CYCLR_PAGE_NUMBER') return number
  if (field === 'CYCLR_PAGE_SIZE') return size
  if (field === 'CYCLR_PAGE_OFFSET') return size === null ? null : (number - 1) * size
  if (field === 'CYCLR_PAGE_NEXT_URL') return nextUrl
  return tokens[tokenSuffix(field) ?? ''] ?? null
}

function keyOf(auth: AuthValue): Secret | null {
  if (auth.kind === 'api_key') return auth.key
  return auth.kind === 'oauth2' ? auth.accessToken : null
}

/** `LastSuccessfulRunDate format=yyyy-MM-dd HH:mm`: all that follows is the format. */
function formatOf(field: string): string {
  return /\sformat=["']?(.*?)["']?$/.exec(field)?.[1] ?? ''
}
