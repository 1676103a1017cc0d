/** The nine ways for a list of error handlers to be wrong, in the words of its documentation. */
export const faultMessages = {
  NONE_DEFAULT_ERROR_HANDLER: 'Default Error Handler is missing.',
  MULTIPLE_DEFAULT_ERROR_HANDLERS:
    'Multiple default Error Handlers have been found. Only one is allowed.',
  UNKNOWN_EVENT_SOURCE:
    'A miniApp has been referenced as Event Source but it no longer exists. Please remove the reference.',
  INVALID_EVENT_TYPE:
    'An invalid event type has been specified. Please select one of the available types.',
  INVALID_NON_ERROR_HANDLER: 'Only default Error Handler is allowed to have empty handler.',
  UNKNOWN_FLOW_ERROR_HANDLER: 'Unknown Flow is referenced at an Error Handler.',
  INVALID_COMPONENT_GROUP: "The handler component's group differs from the app's.",
  INVALID_ERROR_HANDLER_TYPE: 'Error Handlers are only accepting Flows as a handler.',
  INVALID_COMPONENT_CONFIG: "Invalid configuration for handler's component.",
} as const satisfies Readonly<Record<string, string>>

export type FaultCode = keyof typeof faultMessages

/** Always of type `WARNING`, also where it stops a save: the operation decides, not the type. */
export type HandlerFault = {
  readonly type: 'WARNING'
  readonly code: FaultCode
  readonly message: string
  readonly field?: { readonly field_type: string; readonly name: string }
  /** `error_handlers/<index>`, counted from 0; `error_handlers/` for the list as a whole. */
  readonly location: string
}

export type FaultEnvelope = {
  readonly message: string
  readonly errors: { readonly error_handler_errors: readonly HandlerFault[] }
}

/** What a rejected save answers. One fault speaks for itself; more get a common sentence. */
export function envelope(faults: readonly HandlerFault[]): FaultEnvelope {
  const [only] = faults
  const message = only && faults.length === 1 ? describeFault(only) : severalFaults
  return { message, errors: { error_handler_errors: faults } }
}

/** A fault's message, with the field that it speaks of. */
export function describeFault({ message, field }: HandlerFault): string {
  return field ? `${message} Field: ${field.name} (${field.field_type}).` : message
}

const severalFaults =
  'Error Handlers could not be saved because they are invalid. Please fix the issues to continue.'
