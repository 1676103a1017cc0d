/** What a script declares; none of it need be there. */
declare const before_webhook: unknown
declare const after_webhook: unknown
declare const webhook_condition: unknown
declare const before_action: unknown
declare const after_action: unknown
declare const after_action_paging: unknown
declare const after_error: unknown
declare const action_condition: unknown
declare const before_oauth2_authorise: unknown
declare const before_oauth2_token: unknown
declare const after_oauth2_token: unknown
declare const before_oauth2_refresh: unknown
declare const after_oauth2_refresh: unknown
declare const after_oauth2_refresh_error: unknown

type Reader = () => unknown

/**
 * Reads the handler of each event by its name, as only code can: a handler that was declared by
 * `let`, `const` or `class` is no property of anything. Throws where there is none. Written out,
 * because compiling a reader for each hook costs more than the rest of its beginning.
 */
const readers: Readonly<Record<string, Reader>> = {
  before_webhook: () => before_webhook,
  after_webhook: () => after_webhook,
  webhook_condition: () => webhook_condition,
  before_action: () => before_action,
  after_action: () => after_action,
  after_action_paging: () => after_action_paging,
  after_error: () => after_error,
  action_condition: () => action_condition,
  before_oauth2_authorise: () => before_oauth2_authorise,
  before_oauth2_token: () => before_oauth2_token,
  after_oauth2_token: () => after_oauth2_token,
  before_oauth2_refresh: () => before_oauth2_refresh,
  after_oauth2_refresh: () => after_oauth2_refresh,
  after_oauth2_refresh_error: () => after_oauth2_refresh_error,
}

/** The reader of an event's handler; it gives `undefined` where there is none. */
export function readerOf(event: string): Reader {
  const read = readers[event]
  return () => {
    try {
      return read?.()
    } catch {
      return undefined
    }
  }
}
