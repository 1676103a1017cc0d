/** Error handlers and what they hang on: which failure goes where (error-systems spec, section 4). */
import type { Script } from '../model/connector.ts'
import type { Json, JsonObject } from '../model/json.ts'

/** One entry of an app's list, in the words of its wire format. Both lists empty: the default. */
export type ErrorHandler = {
  readonly error_types?: readonly string[] | null
  readonly error_sources?: readonly string[] | null
  readonly handler?: HandlerComponent | null
}

export type HandlerComponent = {
  readonly name?: string
  readonly nodeType?: string
  readonly component_id?: string
  readonly configuration?: {
    readonly input_fields?: JsonObject
    readonly output_fields?: readonly Json[]
  }
}

/** What one app file says. */
export type App = {
  readonly id: string
  /** Who may read and change it, and whose Flows it may use. */
  readonly group: string
  readonly sources: readonly Source[]
  /** Names of failures that only this app knows. */
  readonly errorTypes: readonly string[]
  readonly flows: readonly Flow[]
  readonly errorHandlers: readonly ErrorHandler[]
}

/** Where failures of an app come from: a step by its own name, or a connector's method. */
export type Source = {
  readonly name: string
  /** What the name stands for, where the file says it: it is then looked for. */
  readonly stands: { readonly connector: string; readonly method: string } | null
}

/** One connector call or one sandboxed function, and nothing more. */
export type Flow = {
  readonly name: string
  readonly componentId: string
  readonly inputFields: readonly string[]
  /** Null: the Flow does not say what it gives back, so that any field may be asked for. */
  readonly outputFields: readonly string[] | null
  readonly body: FlowBody
}

export type FlowBody =
  | {
      readonly kind: 'call'
      readonly connector: string
      readonly method: string
      readonly connection: string | null
    }
  /** Its script defines `handle(error, inputs)`. */
  | { readonly kind: 'function'; readonly script: Script }

/** What a `component_id` may name, of whatever app. */
export type Component = {
  readonly kind: 'Flow' | 'App'
  readonly group: string
  readonly flow: Flow | null
}

/** Finds a component as one app sees it: its own Flows also by their bare names. */
export type FindComponent = (componentId: string) => Component | null

/** A failure as handlers select it and Flows read it. */
export type RoutedError = {
  readonly type: string
  /** The app's name for the step; `connector.method` unless the caller gave another. */
  readonly source: string
  readonly message: string
  readonly httpCode: number | null
  readonly blockIndex: number | null
  readonly attempts: number
  readonly renewed: boolean
  readonly connection: string | null
  readonly connector: string
  readonly method: string
  /** When the call began, ISO 8601. */
  readonly at: string
  readonly cause: string | null
}

/** True for the handler of whatever no other one takes. */
export function isDefault({ error_types, error_sources }: ErrorHandler): boolean {
  return (error_types ?? []).length === 0 && (error_sources ?? []).length === 0
}

/** The id of the component that a handler names; empty where it names none. */
export function componentOf({ handler }: ErrorHandler): string {
  return handler?.component_id?.trim() ?? ''
}
