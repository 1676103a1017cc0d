/** The public surface: everything that an embedder may rely on, and nothing else. */
export type { ConnectionInput, ConnectionRef, ImportedTokens } from './connect/new-connection.ts'
export type { Verification } from './connect/verify.ts'
export type { ConnectorSource } from './definition/catalogue.ts'
export type {
  Attempt,
  CallRequest,
  Cycle,
  Handled,
  Outcome,
  Step,
  Trail,
} from './model/call.ts'
export type { Connection, ConnectionState, RenewalState } from './model/connection.ts'
export type { Connector, Method } from './model/connector.ts'
export {
  CallFailure,
  type FailureRecord,
  type FailureType,
  failureTypes,
} from './model/failure.ts'
export type { Json, JsonObject } from './model/json.ts'
export { UsageError } from './model/usage-error.ts'
export {
  type CallOptions,
  createRuntime,
  type Runtime,
  type RuntimeConnections,
  type RuntimeOptions,
} from './runtime.ts'
export { type KeyFileOptions, keysFromFile } from './store/key-file.ts'
export { type KeyProvider, keysFromEnvironment } from './store/keys.ts'
