// biome-ignore-all lint: written by a program
// biome-ignore-all format: written by a program
/**
 * What Hookline gives to connector scripts, for editors and TypeScript. Written by
 * `hookline types`; do not edit it. A script is JavaScript of 2024 without a DOM and without Node:
 * say `"lib": ["es2024"]` and `"types": []` in its tsconfig.json.
 */

/** Name → text, found by any case of the name. */
export type Headers = Record<string, string>

/** What `after_error` reads, and may change. */
export interface MethodError {
  /** Null where no answer came. */
  readonly statusCode: number | null
  readonly reasonPhrase: string | null
  /** The body as text. With `isSuccess` it is the result, read by the method’s format. */
  content: string
  /** The body’s `error`, else the text of the rule that matched, else why no answer came. */
  readonly error: any
  readonly type: string
  isError: boolean
  isWarning: boolean
  isSuccess: boolean
}

export interface HttpRequest {
  /** GET unless said. */
  method?: string
  /** Within the connector’s origins. */
  url: string
  parameters?: Record<string, any>
  headers?: Record<string, string>
  /** Sent as it is: make JSON of it yourself. */
  data?: string
}

export interface HttpResponse {
  readonly status_code: number
  readonly headers: Headers
  readonly content: string
  readonly request: HttpRequest
}

export type Charset =
  | 'ASCII'
  | 'ISO-8859-1'
  | 'UTF-7'
  | 'UTF-8'
  | 'UTF-16'
  | 'UTF-16LE'
  | 'UTF-16BE'
  | 'UTF-32'
  | 'UTF-32LE'
  | 'UTF-32BE'
  | (string & {})

export type SignAlgorithm =
  | 'HMAC-SHA1'
  | 'HMAC-SHA256'
  | 'HMAC-SHA512'
  | 'RSA-SHA1'
  | 'RSA-SHA224'
  | 'RSA-SHA256'
  | 'RSA-SHA384'
  | 'RSA-SHA512'

/** A hook: synchronous, without arguments. Only a strict `false` is a no. */
export type Handler = () => boolean | void

/** Ends the hook, renews the credential, and replays the call from `before_action`. */
interface AuthException extends Error {}
interface AuthExceptionConstructor {
  new (message?: string): AuthException
  (message?: string): AuthException
  readonly prototype: AuthException
}

/** What the handlers of each event find. */
export interface Events {
  /** Runs when a webhook comes in, before anything else. False: the sender is answered `method_response` and `method_response_headers`, and no more. */
  before_webhook: {
    readonly method_endpoint: string
    readonly method_request: any
    readonly method_request_headers: Headers
    readonly method_request_parameters: Record<string, any>
    method_response: any
    method_response_headers: Headers
    action_data: Record<string, any>
    readonly script_parameters: Readonly<Record<string, any>>
    readonly method_auth_value: string | null
    readonly oauth_client_id: string | null
    readonly oauth_client_secret: string | null
    readonly last_successful_run_date: string
    readonly http_method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS'
    readonly method_raw_request: string | null
    readonly method_response_fields: readonly string[]
    readonly method_response_fields_in_use: readonly string[]
    readonly method_response_parameters_in_use: readonly string[]
    readonly script_execution_context: 'RUNNING_TRANSACTION' | 'CONNECTOR_TESTING' | 'STEP_TESTING'
    readonly cycle_variables: Readonly<Record<string, any>>
    readonly cycle_id: string
    readonly cycle_step_id: string
    readonly cyclr_account_id: string
    readonly external_account_id: string
    readonly transaction_id: string
    readonly cyclr_transaction_id: string
    readonly service_domain: string
  }
  /** Runs when a webhook has been taken; may replace what it brought. False: the webhook is ignored. */
  after_webhook: {
    readonly method_endpoint: string
    readonly method_request_headers: Headers
    readonly method_request_parameters: Record<string, any>
    method_response: any
    action_data: Record<string, any>
    readonly script_parameters: Readonly<Record<string, any>>
    readonly method_auth_value: string | null
    readonly oauth_client_id: string | null
    readonly oauth_client_secret: string | null
    readonly last_successful_run_date: string
    readonly http_method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS'
    readonly method_raw_request: string | null
    readonly method_response_fields: readonly string[]
    readonly method_response_fields_in_use: readonly string[]
    readonly method_response_parameters_in_use: readonly string[]
    readonly script_execution_context: 'RUNNING_TRANSACTION' | 'CONNECTOR_TESTING' | 'STEP_TESTING'
    readonly cycle_variables: Readonly<Record<string, any>>
    readonly cycle_id: string
    readonly cycle_step_id: string
    readonly cyclr_account_id: string
    readonly external_account_id: string
    readonly transaction_id: string
    readonly cyclr_transaction_id: string
    readonly service_domain: string
  }
  /** Runs last, and picks one of two exits. False: the false exit is taken. */
  webhook_condition: {
    readonly method_endpoint: string
    readonly method_request_headers: Headers
    readonly method_request_parameters: Record<string, any>
    readonly method_response: any
    action_data: Record<string, any>
    readonly script_parameters: Readonly<Record<string, any>>
    readonly method_auth_value: string | null
    readonly oauth_client_id: string | null
    readonly oauth_client_secret: string | null
    readonly last_successful_run_date: string
    readonly http_method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS'
    readonly method_raw_request: string | null
    readonly method_response_fields: readonly string[]
    readonly method_response_fields_in_use: readonly string[]
    readonly method_response_parameters_in_use: readonly string[]
    readonly script_execution_context: 'RUNNING_TRANSACTION' | 'CONNECTOR_TESTING' | 'STEP_TESTING'
    readonly cycle_variables: Readonly<Record<string, any>>
    readonly cycle_id: string
    readonly cycle_step_id: string
    readonly cyclr_account_id: string
    readonly external_account_id: string
    readonly transaction_id: string
    readonly cyclr_transaction_id: string
    readonly service_domain: string
  }
  /** Runs before each request: every page, and every replay. False: the call stops, and nothing is sent. */
  before_action: {
    method_endpoint: string
    method_request: any
    method_request_headers: Headers
    method_request_parameters: Record<string, any>
    method_request_mergefields: Record<string, any>
    action_data: Record<string, any>
    readonly script_parameters: Readonly<Record<string, any>>
    readonly method_auth_value: string | null
    readonly oauth_client_id: string | null
    readonly oauth_client_secret: string | null
    readonly last_successful_run_date: string
    readonly http_method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS'
    readonly method_raw_request: string | null
    readonly method_response_fields: readonly string[]
    readonly method_response_fields_in_use: readonly string[]
    readonly method_response_parameters_in_use: readonly string[]
    readonly script_execution_context: 'RUNNING_TRANSACTION' | 'CONNECTOR_TESTING' | 'STEP_TESTING'
    readonly cycle_variables: Readonly<Record<string, any>>
    readonly cycle_id: string
    readonly cycle_step_id: string
    readonly cyclr_account_id: string
    readonly external_account_id: string
    readonly transaction_id: string
    readonly cyclr_transaction_id: string
    readonly service_domain: string
  }
  /** Runs after each answer that counts as a success; once for each page. False: the call fails with `ScriptError`. */
  after_action: {
    readonly method_endpoint: string
    readonly method_request: any
    readonly method_request_headers: Headers
    readonly method_request_parameters: Record<string, any>
    readonly method_request_mergefields: Record<string, any>
    method_response: any
    readonly method_response_headers: Headers
    readonly statusCode: number | null
    readonly reasonPhrase: string | null
    action_data: Record<string, any>
    readonly script_parameters: Readonly<Record<string, any>>
    readonly method_auth_value: string | null
    readonly oauth_client_id: string | null
    readonly oauth_client_secret: string | null
    readonly last_successful_run_date: string
    readonly http_method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS'
    readonly method_raw_request: string | null
    readonly method_raw_response: string | null
    readonly method_response_fields: readonly string[]
    readonly method_response_fields_in_use: readonly string[]
    readonly method_response_parameters_in_use: readonly string[]
    readonly script_execution_context: 'RUNNING_TRANSACTION' | 'CONNECTOR_TESTING' | 'STEP_TESTING'
    readonly cycle_variables: Readonly<Record<string, any>>
    readonly cycle_id: string
    readonly cycle_step_id: string
    readonly cyclr_account_id: string
    readonly external_account_id: string
    readonly transaction_id: string
    readonly cyclr_transaction_id: string
    readonly service_domain: string
  }
  /** Runs after each answer that counts as an error, and where no answer came. False: the call fails with `ScriptError`. */
  after_error: {
    readonly method_endpoint: string
    readonly method_request: any
    readonly method_request_headers: Headers
    readonly method_request_parameters: Record<string, any>
    readonly method_request_mergefields: Record<string, any>
    method_error: MethodError
    error_response: MethodError
    action_data: Record<string, any>
    readonly script_parameters: Readonly<Record<string, any>>
    readonly method_auth_value: string | null
    readonly oauth_client_id: string | null
    readonly oauth_client_secret: string | null
    readonly last_successful_run_date: string
    readonly http_method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS'
    readonly method_raw_request: string | null
    readonly method_raw_response: string | null
    readonly method_response_fields: readonly string[]
    readonly method_response_fields_in_use: readonly string[]
    readonly method_response_parameters_in_use: readonly string[]
    readonly script_execution_context: 'RUNNING_TRANSACTION' | 'CONNECTOR_TESTING' | 'STEP_TESTING'
    readonly cycle_variables: Readonly<Record<string, any>>
    readonly cycle_id: string
    readonly cycle_step_id: string
    readonly cyclr_account_id: string
    readonly external_account_id: string
    readonly transaction_id: string
    readonly cyclr_transaction_id: string
    readonly service_domain: string
  }
  /** Runs once, over all pages together; also where there is only one. False: the call fails with `ScriptError`. */
  after_action_paging: {
    readonly method_endpoint: string
    readonly method_request: any
    readonly method_request_headers: Headers
    readonly method_request_parameters: Record<string, any>
    readonly method_request_mergefields: Record<string, any>
    method_response: any
    readonly method_response_headers: Headers
    action_data: Record<string, any>
    readonly script_parameters: Readonly<Record<string, any>>
    readonly method_auth_value: string | null
    readonly oauth_client_id: string | null
    readonly oauth_client_secret: string | null
    readonly last_successful_run_date: string
    next_last_successful_run_date: string | Date | null
    readonly http_method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS'
    readonly method_raw_request: string | null
    readonly method_response_fields: readonly string[]
    readonly method_response_fields_in_use: readonly string[]
    readonly method_response_parameters_in_use: readonly string[]
    readonly script_execution_context: 'RUNNING_TRANSACTION' | 'CONNECTOR_TESTING' | 'STEP_TESTING'
    readonly cycle_variables: Readonly<Record<string, any>>
    readonly cycle_id: string
    readonly cycle_step_id: string
    readonly cyclr_account_id: string
    readonly external_account_id: string
    readonly transaction_id: string
    readonly cyclr_transaction_id: string
    readonly service_domain: string
  }
  /** Runs last, and picks one of two exits. False: the false exit is taken. */
  action_condition: {
    readonly method_endpoint: string
    readonly method_request: any
    readonly method_request_headers: Headers
    readonly method_request_parameters: Record<string, any>
    readonly method_request_mergefields: Record<string, any>
    readonly method_response: any
    readonly method_response_headers: Headers
    action_data: Record<string, any>
    readonly script_parameters: Readonly<Record<string, any>>
    readonly method_auth_value: string | null
    readonly oauth_client_id: string | null
    readonly oauth_client_secret: string | null
    readonly last_successful_run_date: string
    readonly http_method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS'
    readonly method_raw_request: string | null
    readonly method_response_fields: readonly string[]
    readonly method_response_fields_in_use: readonly string[]
    readonly method_response_parameters_in_use: readonly string[]
    readonly script_execution_context: 'RUNNING_TRANSACTION' | 'CONNECTOR_TESTING' | 'STEP_TESTING'
    readonly cycle_variables: Readonly<Record<string, any>>
    readonly cycle_id: string
    readonly cycle_step_id: string
    readonly cyclr_account_id: string
    readonly external_account_id: string
    readonly transaction_id: string
    readonly cyclr_transaction_id: string
    readonly service_domain: string
  }
  /** Runs before the browser is sent to the vendor’s login page. False: the login fails with `ScriptError`. */
  before_oauth2_authorise: {
    method_endpoint: string
    action_data: Record<string, any>
    readonly script_parameters: Readonly<Record<string, any>>
    readonly oauth_client_id: string | null
    readonly oauth_client_secret: string | null
    readonly last_successful_run_date: string
    readonly http_method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS'
    readonly method_response_fields: readonly string[]
    readonly method_response_fields_in_use: readonly string[]
    readonly method_response_parameters_in_use: readonly string[]
    readonly script_execution_context: 'RUNNING_TRANSACTION' | 'CONNECTOR_TESTING' | 'STEP_TESTING'
    readonly cycle_variables: Readonly<Record<string, any>>
    readonly cycle_id: string
    readonly cycle_step_id: string
    readonly cyclr_account_id: string
    readonly external_account_id: string
    readonly transaction_id: string
    readonly cyclr_transaction_id: string
    readonly service_domain: string
  }
  /** Runs before the first access token is asked for, by any grant. False: the login fails with `ScriptError`. */
  before_oauth2_token: {
    readonly method_endpoint: string
    method_request: any
    method_request_headers: Headers
    action_data: Record<string, any>
    readonly script_parameters: Readonly<Record<string, any>>
    readonly oauth_client_id: string | null
    readonly oauth_client_secret: string | null
    readonly last_successful_run_date: string
    readonly http_method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS'
    readonly method_response_fields: readonly string[]
    readonly method_response_fields_in_use: readonly string[]
    readonly method_response_parameters_in_use: readonly string[]
    readonly script_execution_context: 'RUNNING_TRANSACTION' | 'CONNECTOR_TESTING' | 'STEP_TESTING'
    readonly cycle_variables: Readonly<Record<string, any>>
    readonly cycle_id: string
    readonly cycle_step_id: string
    readonly cyclr_account_id: string
    readonly external_account_id: string
    readonly transaction_id: string
    readonly cyclr_transaction_id: string
    readonly service_domain: string
  }
  /** Runs after the answer to that; may give its fields their standard names. False: the login fails with `ScriptError`. */
  after_oauth2_token: {
    method_response: any
    readonly statusCode: number | null
    action_data: Record<string, any>
    readonly script_parameters: Readonly<Record<string, any>>
    readonly oauth_client_id: string | null
    readonly oauth_client_secret: string | null
    readonly last_successful_run_date: string
    readonly http_method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS'
    readonly method_response_fields: readonly string[]
    readonly method_response_fields_in_use: readonly string[]
    readonly method_response_parameters_in_use: readonly string[]
    readonly script_execution_context: 'RUNNING_TRANSACTION' | 'CONNECTOR_TESTING' | 'STEP_TESTING'
    readonly cycle_variables: Readonly<Record<string, any>>
    readonly cycle_id: string
    readonly cycle_step_id: string
    readonly cyclr_account_id: string
    readonly external_account_id: string
    readonly transaction_id: string
    readonly cyclr_transaction_id: string
    readonly service_domain: string
  }
  /** Runs before an access token is refreshed. False: the refresh fails with `ScriptError`. */
  before_oauth2_refresh: {
    readonly method_endpoint: string
    method_request: any
    method_request_headers: Headers
    action_data: Record<string, any>
    readonly script_parameters: Readonly<Record<string, any>>
    readonly oauth_client_id: string | null
    readonly oauth_client_secret: string | null
    readonly last_successful_run_date: string
    readonly http_method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS'
    readonly method_response_fields: readonly string[]
    readonly method_response_fields_in_use: readonly string[]
    readonly method_response_parameters_in_use: readonly string[]
    readonly script_execution_context: 'RUNNING_TRANSACTION' | 'CONNECTOR_TESTING' | 'STEP_TESTING'
    readonly cycle_variables: Readonly<Record<string, any>>
    readonly cycle_id: string
    readonly cycle_step_id: string
    readonly cyclr_account_id: string
    readonly external_account_id: string
    readonly transaction_id: string
    readonly cyclr_transaction_id: string
    readonly service_domain: string
  }
  /** Runs after the answer to that; may give its fields their standard names. False: the refresh fails with `ScriptError`. */
  after_oauth2_refresh: {
    method_response: any
    readonly statusCode: number | null
    action_data: Record<string, any>
    readonly script_parameters: Readonly<Record<string, any>>
    readonly oauth_client_id: string | null
    readonly oauth_client_secret: string | null
    readonly last_successful_run_date: string
    readonly http_method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS'
    readonly method_response_fields: readonly string[]
    readonly method_response_fields_in_use: readonly string[]
    readonly method_response_parameters_in_use: readonly string[]
    readonly script_execution_context: 'RUNNING_TRANSACTION' | 'CONNECTOR_TESTING' | 'STEP_TESTING'
    readonly cycle_variables: Readonly<Record<string, any>>
    readonly cycle_id: string
    readonly cycle_step_id: string
    readonly cyclr_account_id: string
    readonly external_account_id: string
    readonly transaction_id: string
    readonly cyclr_transaction_id: string
    readonly service_domain: string
  }
  /** Runs after a refresh that the vendor refused; `isSuccess` makes `content` the answer. False: nothing: the refusal stands. */
  after_oauth2_refresh_error: {
    method_error: MethodError
    action_data: Record<string, any>
    readonly script_parameters: Readonly<Record<string, any>>
    readonly oauth_client_id: string | null
    readonly oauth_client_secret: string | null
    readonly last_successful_run_date: string
    readonly http_method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS'
    readonly method_response_fields: readonly string[]
    readonly method_response_fields_in_use: readonly string[]
    readonly method_response_parameters_in_use: readonly string[]
    readonly script_execution_context: 'RUNNING_TRANSACTION' | 'CONNECTOR_TESTING' | 'STEP_TESTING'
    readonly cycle_variables: Readonly<Record<string, any>>
    readonly cycle_id: string
    readonly cycle_step_id: string
    readonly cyclr_account_id: string
    readonly external_account_id: string
    readonly transaction_id: string
    readonly cyclr_transaction_id: string
    readonly service_domain: string
  }
}

declare global {
  /**
   * The URL, its `{{fields}}` not filled in yet.
   *
   * Read in before_webhook, after_webhook, webhook_condition, before_action, after_action, after_error, after_action_paging, action_condition, before_oauth2_authorise, before_oauth2_token, before_oauth2_refresh.
   *
   * Changed in before_action, before_oauth2_authorise.
   */
  var method_endpoint: string
  /**
   * The body, before it is encoded.
   *
   * Read in before_webhook, before_action, after_action, after_error, after_action_paging, action_condition, before_oauth2_token, before_oauth2_refresh.
   *
   * Changed in before_action, before_oauth2_token, before_oauth2_refresh.
   */
  var method_request: any
  /**
   * Name → text, found by any case of the name. What a script adds is sent.
   *
   * Read in before_webhook, after_webhook, webhook_condition, before_action, after_action, after_error, after_action_paging, action_condition, before_oauth2_token, before_oauth2_refresh.
   *
   * Changed in before_action, before_oauth2_token, before_oauth2_refresh.
   */
  var method_request_headers: Headers
  /**
   * The query. What a script adds is sent.
   *
   * Read in before_webhook, after_webhook, webhook_condition, before_action, after_action, after_error, after_action_paging, action_condition.
   *
   * Changed in before_action.
   */
  var method_request_parameters: Record<string, any>
  /**
   * Values for the `{{fields}}` of the URL.
   *
   * Read in before_action, after_action, after_error, after_action_paging, action_condition.
   *
   * Changed in before_action.
   */
  var method_request_mergefields: Record<string, any>
  /**
   * The content of the answer, parsed; in `after_action_paging` all pages together.
   *
   * Read in before_webhook, after_webhook, webhook_condition, after_action, after_action_paging, action_condition, after_oauth2_token, after_oauth2_refresh.
   *
   * Changed in before_webhook, after_webhook, after_action, after_action_paging, after_oauth2_token, after_oauth2_refresh.
   */
  var method_response: any
  /**
   * Found by any case of a name. In `before_webhook`: those of the reply.
   *
   * Read in before_webhook, after_action, after_action_paging, action_condition.
   *
   * Changed in before_webhook.
   */
  var method_response_headers: Headers
  /**
   * The status of the answer; null for a method without a request.
   *
   * Read in after_action, after_oauth2_token, after_oauth2_refresh.
   */
  const statusCode: number | null
  /**
   * The words beside the status.
   *
   * Read in after_action.
   */
  const reasonPhrase: string | null
  /**
   * What went wrong; set `isSuccess` or `isWarning` to have the last word.
   *
   * Read in after_error, after_oauth2_refresh_error.
   *
   * Changed in after_error, after_oauth2_refresh_error.
   */
  var method_error: MethodError
  /**
   * An older name of `method_error`.
   *
   * Read in after_error.
   *
   * Changed in after_error.
   */
  var error_response: MethodError
  /**
   * An object of your own: `{}` at first, and kept over the hooks, pages and replays of a call.
   *
   * Read in before_webhook, after_webhook, webhook_condition, before_action, after_action, after_error, after_action_paging, action_condition, before_oauth2_authorise, before_oauth2_token, before_oauth2_refresh, after_oauth2_token, after_oauth2_refresh, after_oauth2_refresh_error.
   *
   * Changed in before_webhook, after_webhook, webhook_condition, before_action, after_action, after_error, after_action_paging, action_condition, before_oauth2_authorise, before_oauth2_token, before_oauth2_refresh, after_oauth2_token, after_oauth2_refresh, after_oauth2_refresh_error.
   */
  var action_data: Record<string, any>
  /**
   * Values whose place is `in: script`. A sensitive one is a stand-in.
   *
   * Read in before_webhook, after_webhook, webhook_condition, before_action, after_action, after_error, after_action_paging, action_condition, before_oauth2_authorise, before_oauth2_token, before_oauth2_refresh, after_oauth2_token, after_oauth2_refresh, after_oauth2_refresh_error.
   */
  const script_parameters: Readonly<Record<string, any>>
  /**
   * The key or the access token, as a stand-in that becomes the real one when it is sent.
   *
   * Read in before_webhook, after_webhook, webhook_condition, before_action, after_action, after_error, after_action_paging, action_condition.
   */
  const method_auth_value: string | null
  /**
   * The OAuth client’s name. Only where `auth` is oauth2.
   *
   * Read in before_webhook, after_webhook, webhook_condition, before_action, after_action, after_error, after_action_paging, action_condition, before_oauth2_authorise, before_oauth2_token, before_oauth2_refresh, after_oauth2_token, after_oauth2_refresh, after_oauth2_refresh_error.
   */
  const oauth_client_id: string | null
  /**
   * The OAuth client’s secret, as a stand-in. Only where `auth` is oauth2.
   *
   * Read in before_webhook, after_webhook, webhook_condition, before_action, after_action, after_error, after_action_paging, action_condition, before_oauth2_authorise, before_oauth2_token, before_oauth2_refresh, after_oauth2_token, after_oauth2_refresh, after_oauth2_refresh_error.
   */
  const oauth_client_secret: string | null
  /**
   * When this method last ran well through this connection (ISO 8601); 1970 where it never did.
   *
   * Read in before_webhook, after_webhook, webhook_condition, before_action, after_action, after_error, after_action_paging, action_condition, before_oauth2_authorise, before_oauth2_token, before_oauth2_refresh, after_oauth2_token, after_oauth2_refresh, after_oauth2_refresh_error.
   */
  const last_successful_run_date: string
  /**
   * Assign the date that the next run is to read; the beginning of this run unless assigned.
   *
   * Read in after_action_paging.
   *
   * Changed in after_action_paging.
   */
  var next_last_successful_run_date: string | Date | null
  /**
   * The verb of the request.
   *
   * Read in before_webhook, after_webhook, webhook_condition, before_action, after_action, after_error, after_action_paging, action_condition, before_oauth2_authorise, before_oauth2_token, before_oauth2_refresh, after_oauth2_token, after_oauth2_refresh, after_oauth2_refresh_error.
   */
  const http_method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS'
  /**
   * The body as text: as it is sent, or of a webhook as it came, for what it was signed by.
   *
   * Read in before_webhook, after_webhook, webhook_condition, before_action, after_action, after_error, after_action_paging, action_condition.
   */
  const method_raw_request: string | null
  /**
   * The body as it came, as text.
   *
   * Read in after_action, after_error.
   */
  const method_raw_response: string | null
  /**
   * The names under `response_fields` of the method.
   *
   * Read in before_webhook, after_webhook, webhook_condition, before_action, after_action, after_error, after_action_paging, action_condition, before_oauth2_authorise, before_oauth2_token, before_oauth2_refresh, after_oauth2_token, after_oauth2_refresh, after_oauth2_refresh_error.
   */
  const method_response_fields: readonly string[]
  /**
   * Those of them that somebody reads later; a script may ask the vendor for no more.
   *
   * Read in before_webhook, after_webhook, webhook_condition, before_action, after_action, after_error, after_action_paging, action_condition, before_oauth2_authorise, before_oauth2_token, before_oauth2_refresh, after_oauth2_token, after_oauth2_refresh, after_oauth2_refresh_error.
   */
  const method_response_fields_in_use: readonly string[]
  /**
   * An older name of `method_response_fields_in_use`.
   *
   * Read in before_webhook, after_webhook, webhook_condition, before_action, after_action, after_error, after_action_paging, action_condition, before_oauth2_authorise, before_oauth2_token, before_oauth2_refresh, after_oauth2_token, after_oauth2_refresh, after_oauth2_refresh_error.
   */
  const method_response_parameters_in_use: readonly string[]
  /**
   * Whether this is a real run or a test.
   *
   * Read in before_webhook, after_webhook, webhook_condition, before_action, after_action, after_error, after_action_paging, action_condition, before_oauth2_authorise, before_oauth2_token, before_oauth2_refresh, after_oauth2_token, after_oauth2_refresh, after_oauth2_refresh_error.
   */
  const script_execution_context: 'RUNNING_TRANSACTION' | 'CONNECTOR_TESTING' | 'STEP_TESTING'
  /**
   * Variables of the cycle around the call.
   *
   * Read in before_webhook, after_webhook, webhook_condition, before_action, after_action, after_error, after_action_paging, action_condition, before_oauth2_authorise, before_oauth2_token, before_oauth2_refresh, after_oauth2_token, after_oauth2_refresh, after_oauth2_refresh_error.
   */
  const cycle_variables: Readonly<Record<string, any>>
  /**
   * The cycle around the call; empty where there is none.
   *
   * Read in before_webhook, after_webhook, webhook_condition, before_action, after_action, after_error, after_action_paging, action_condition, before_oauth2_authorise, before_oauth2_token, before_oauth2_refresh, after_oauth2_token, after_oauth2_refresh, after_oauth2_refresh_error.
   */
  const cycle_id: string
  /**
   * The step that makes the call; empty where there is none.
   *
   * Read in before_webhook, after_webhook, webhook_condition, before_action, after_action, after_error, after_action_paging, action_condition, before_oauth2_authorise, before_oauth2_token, before_oauth2_refresh, after_oauth2_token, after_oauth2_refresh, after_oauth2_refresh_error.
   */
  const cycle_step_id: string
  /**
   * The tenant.
   *
   * Read in before_webhook, after_webhook, webhook_condition, before_action, after_action, after_error, after_action_paging, action_condition, before_oauth2_authorise, before_oauth2_token, before_oauth2_refresh, after_oauth2_token, after_oauth2_refresh, after_oauth2_refresh_error.
   */
  const cyclr_account_id: string
  /**
   * The connection.
   *
   * Read in before_webhook, after_webhook, webhook_condition, before_action, after_action, after_error, after_action_paging, action_condition, before_oauth2_authorise, before_oauth2_token, before_oauth2_refresh, after_oauth2_token, after_oauth2_refresh, after_oauth2_refresh_error.
   */
  const external_account_id: string
  /**
   * The call.
   *
   * Read in before_webhook, after_webhook, webhook_condition, before_action, after_action, after_error, after_action_paging, action_condition, before_oauth2_authorise, before_oauth2_token, before_oauth2_refresh, after_oauth2_token, after_oauth2_refresh, after_oauth2_refresh_error.
   */
  const transaction_id: string
  /**
   * The same as `transaction_id`.
   *
   * Read in before_webhook, after_webhook, webhook_condition, before_action, after_action, after_error, after_action_paging, action_condition, before_oauth2_authorise, before_oauth2_token, before_oauth2_refresh, after_oauth2_token, after_oauth2_refresh, after_oauth2_refresh_error.
   */
  const cyclr_transaction_id: string
  /**
   * Where the platform around the call is reached; empty unless the caller says.
   *
   * Read in before_webhook, after_webhook, webhook_condition, before_action, after_action, after_error, after_action_paging, action_condition, before_oauth2_authorise, before_oauth2_token, before_oauth2_refresh, after_oauth2_token, after_oauth2_refresh, after_oauth2_refresh_error.
   */
  const service_domain: string
  /** A request of the script’s own, with the connection’s credential unless the script sets that header. Answers for every status; throws where no answer came. */
  function http_request(request: HttpRequest): HttpResponse
  /** Text to Base64, by way of a charset: UTF-8 unless said. Not the function that browsers call so. */
  function btoa(text: string, charset?: Charset): string
  /** The way back from `btoa`. */
  function atob(base64: string, charset?: Charset): string
  /** A signature in Base64. The key may be a stand-in; an RSA key is PEM text. */
  function cyclr_sign(algorithm: SignAlgorithm, key: string, value: string): string
  /** Records by the names of the header; `Field1`, `Field2` … without one. */
  function cyclr_csv_parse(csv: string, delimiter?: string, hasHeader?: boolean): Record<string, string | null>[]
  /** An object with one root key to XML. */
  function cyclr_xml_serialize(value: Record<string, any>): string
  /** XML to an object, with its root key. An attribute is `@name`, a repeated element a list. */
  function cyclr_xml_deserialize(xml: string): any
  /** The text that the connector keeps, or null. */
  function cyclr_storage_get(key: string): string | null
  /** Keeps a value as text: what is none, as JSON. A secret is refused. */
  function cyclr_storage_set(key: string, value: any): true
  /** The whole text afterwards. */
  function cyclr_storage_append(key: string, value: any): string
  /** The new number. */
  function cyclr_storage_increment(key: string, amount?: number): number
  /** The new number. */
  function cyclr_storage_decrement(key: string, amount?: number): number
  /** Whether there was one. */
  function cyclr_storage_delete(key: string): boolean
  /** Forgets all that the connector keeps. */
  function cyclr_storage_delete_all(): true
  /** Every key that the connector keeps. */
  function cyclr_storage_list_keys(): string[]
  /** Every value, in the order of the keys. */
  function cyclr_storage_list_values(): string[]
  /** The text that the connector in this cycle keeps, or null. */
  function cycle_storage_get(key: string): string | null
  /** Keeps a value as text: what is none, as JSON. A secret is refused. */
  function cycle_storage_set(key: string, value: any): true
  /** The whole text afterwards. */
  function cycle_storage_append(key: string, value: any): string
  /** The new number. */
  function cycle_storage_increment(key: string, amount?: number): number
  /** The new number. */
  function cycle_storage_decrement(key: string, amount?: number): number
  /** Whether there was one. */
  function cycle_storage_delete(key: string): boolean
  /** Forgets all that the connector in this cycle keeps. */
  function cycle_storage_delete_all(): true
  /** Every key that the connector in this cycle keeps. */
  function cycle_storage_list_keys(): string[]
  /** Every value, in the order of the keys. */
  function cycle_storage_list_values(): string[]
  /** Gives the libraries that are globals anyway. npm packages come in by `import`. */
  function require(name: 'moment' | 'moment-timezone' | 'crypto-js'): any
  /** Thrown: the OAuth 2 access token is refreshed, and the call replayed. */
  const AuthRefreshException: AuthExceptionConstructor
  /** Thrown: the `post_install` method logs in anew, and the call is replayed. */
  const AuthSessionException: AuthExceptionConstructor
  /** Dates, with time zones: the npm package `moment`. */
  // @ts-ignore: typed where the package is installed
  const moment: typeof import('moment')
  /** The npm package `crypto-js`. What hashing and encrypting gives prints as hex, always. */
  // @ts-ignore: typed where @types/crypto-js is installed
  const CryptoJS: typeof import('crypto-js')
  interface Console {
    log(...values: any[]): void
    info(...values: any[]): void
    warn(...values: any[]): void
    error(...values: any[]): void
    debug(...values: any[]): void
  }
  /** Writes to the trail of the call. */
  var console: Console
}
