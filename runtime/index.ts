/** The public surface: everything that an embedder may rely on, and nothing else. */
export {
  type AttemptStore,
  type FoundAttempt,
  memoryAttempts,
  sealedAttempts,
} from './connect/attempts.ts'
export {
  type CallbackOptions,
  CentralAuthClass,
  type CentralAuthOptions,
  type LoginOptions,
  type LogoutOptions,
} from './connect/central-auth.ts'
export type {
  ArriveOptions,
  BeginOptions,
  ConnectionLogin,
  ConnectionLoginOptions,
} from './connect/connection-login.ts'
export type { RuntimeConnections } from './connect/connections.ts'
export type { DeviceInvitation } from './connect/device-login.ts'
export type { Disconnection } from './connect/disconnect.ts'
export type { FinishedLogin, LoginTarget } from './connect/login.ts'
export { type ErrorBody, LoginError } from './connect/login-error.ts'
export { failurePage, failureResponse } from './connect/login-failure.ts'
export type { LoopbackLogin, LoopbackOptions } from './connect/loopback.ts'
export type { ConnectionInput, ConnectionRef, ImportedTokens } from './connect/new-connection.ts'
export type { Verification } from './connect/verify.ts'
export type { Identity } from './connect/whoami.ts'
export type { ConnectorSource } from './definition/catalogue.ts'
export type {
  Attempt,
  CallRequest,
  Cycle,
  Handled,
  Outcome,
  Page,
  ScriptContext,
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
export type { CallId, ConnectionId, ConnectorName, MethodName, Tenant } from './model/ids.ts'
export type { Json, JsonObject } from './model/json.ts'
export type { Catalogue } from './model/ports.ts'
export { Secret } from './model/secret.ts'
export { UsageError } from './model/usage-error.ts'
export type { ReceivedRequest, WebhookOutcome, WebhookRequest } from './model/webhook.ts'
export type { AppStore } from './route/app-store.ts'
export {
  type CallOptions,
  createRuntime,
  type Runtime,
  type RuntimeOptions,
} from './runtime.ts'
export type { CallJobs, ServerEvent, ServerLimits } from './server/exchange.ts'
export type { Caller, Guard, Visitor } from './server/guard.ts'
export type { RunningServer, ServerOptions } from './server/server.ts'
export { type WebhookTarget, webhookPath } from './server/webhook-address.ts'
export type { AcceptedWebhook, WebhookOptions } from './server/webhooks.ts'
export { centralAuthGuard, openAppStore, startServer, tokensFromFile } from './serving.ts'
export { type KeyFileOptions, keysFromFile } from './store/key-file.ts'
export { type KeyProvider, keysFromEnvironment } from './store/keys.ts'
export type { Transaction } from './worker/database.ts'
export { type Delivery, webhookKey } from './worker/delivery.ts'
export type { WorkerEvent } from './worker/events.ts'
export type { Job, JobState, NewJob } from './worker/job.ts'
export {
  type EnqueueOptions,
  type JobFilter,
  type JobKey,
  type Jobs,
  openJobs,
} from './worker/jobs.ts'
export type { Limit, LimitScope } from './worker/limits.ts'
export { type JobsDatabase, openJobsDatabase } from './worker/open-jobs.ts'
export { createWorker, type Worker, type WorkerOptions } from './worker/worker.ts'
