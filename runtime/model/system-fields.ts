/**
 * Mergefields and values that the runtime itself fills (dialect sections 9.4 and 10): a connector
 * uses them without declaring them.
 */

const names: ReadonlySet<string> = new Set([
  'LastSuccessfulRunDate',
  'Cyclr_Auth_ApiKey',
  'Cyclr_Auth_Username',
  'Cyclr_Auth_Password',
  'Cyclr_Webhook_Url',
  'Cyclr_Webhook_Id',
  'CyclrObjectName',
  'cyclr_account_id',
  'external_account_id',
  'cycle_id',
  'cycle_step_id',
  'transaction_id',
  'cyclr_transaction_id',
])

const pageNames: ReadonlySet<string> = new Set([
  'CYCLR_PAGE_NUMBER',
  'CYCLR_PAGE_OFFSET',
  'CYCLR_PAGE_SIZE',
  'CYCLR_PAGE_NEXT_URL',
])

/** The value that takes a connector's parameter away from one method. */
export const ignoreParameter = 'CYCLR_IGNORE_PARAMETER'

/** What stands before the options of a field: `LastSuccessfulRunDate format=yyyy` has one. */
export function systemFieldName(field: string): string {
  return field.split(/\s/, 1)[0] ?? ''
}

export function isSystemField(field: string): boolean {
  return names.has(systemFieldName(field)) || isPageField(field)
}

export function isPageField(field: string): boolean {
  return pageNames.has(field) || tokenSuffix(field) !== null
}

/** The suffix of `CYCLR_PAGE_TOKEN_SUFFIX`, the empty one of `CYCLR_PAGE_TOKEN`; null for others. */
export function tokenSuffix(field: string): string | null {
  if (field === 'CYCLR_PAGE_TOKEN') return ''
  return field.startsWith('CYCLR_PAGE_TOKEN_') ? field.slice('CYCLR_PAGE_TOKEN_'.length) : null
}
