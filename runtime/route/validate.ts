import { isJsonObject, type Json } from '../model/json.ts'
import { type FaultCode, faultMessages, type HandlerFault } from './faults.ts'
import {
  componentOf,
  type ErrorHandler,
  type FindComponent,
  type Flow,
  type HandlerComponent,
  isDefault,
} from './types.ts'

/** What a list is held against. */
export type ValidationContext = {
  /** The app's. */
  readonly group: string
  readonly sources: ReadonlySet<string>
  readonly errorTypes: ReadonlySet<string>
  readonly component: FindComponent
  /** Of the caller, who is not told that a component of another group exists. Null: all. */
  readonly groups: ReadonlySet<string> | null
}

/**
 * Every fault of a list: what concerns it as a whole, then item by item (types, sources, handler).
 * Of each handler the first fault only. Whether they stop a save is the caller's business.
 */
export function validate(
  handlers: readonly ErrorHandler[],
  context: ValidationContext,
): readonly HandlerFault[] {
  const defaults = handlers.filter(isDefault).length
  const missing = defaults === 0 ? [fault('NONE_DEFAULT_ERROR_HANDLER', '')] : []
  return [
    ...missing,
    ...handlers.flatMap((item, index) => faultsOf(item, { index, defaults }, context)),
  ]
}

function faultsOf(
  item: ErrorHandler,
  { index, defaults }: { readonly index: number; readonly defaults: number },
  context: ValidationContext,
): readonly HandlerFault[] {
  const here = String(index)
  const unknownTypes = (item.error_types ?? []).filter((name) => !context.errorTypes.has(name))
  const unknownSources = (item.error_sources ?? []).filter((name) => !context.sources.has(name))
  const ofHandler = faultOfHandler(item, context)
  return [
    ...(isDefault(item) && defaults > 1 ? [fault('MULTIPLE_DEFAULT_ERROR_HANDLERS', here)] : []),
    ...unknownTypes.map((name) => fault('INVALID_EVENT_TYPE', here, ['event type', name])),
    ...unknownSources.map((name) => fault('UNKNOWN_EVENT_SOURCE', here, ['event source', name])),
    ...(ofHandler === null ? [] : [fault(ofHandler, here)]),
  ]
}

function faultOfHandler(item: ErrorHandler, context: ValidationContext): FaultCode | null {
  const componentId = componentOf(item)
  if (componentId === '') return isDefault(item) ? null : 'INVALID_NON_ERROR_HANDLER'
  const component = context.component(componentId)
  if (component === null || !isVisible(component.group, context)) {
    return isDeclaredOther(item.handler ?? {}, componentId)
      ? 'INVALID_ERROR_HANDLER_TYPE'
      : 'UNKNOWN_FLOW_ERROR_HANDLER'
  }
  if (component.flow === null) return 'INVALID_ERROR_HANDLER_TYPE'
  if (component.group !== context.group) return 'INVALID_COMPONENT_GROUP'
  return fits(item.handler ?? {}, component.flow) ? null : 'INVALID_COMPONENT_CONFIG'
}

function isVisible(group: string, context: ValidationContext): boolean {
  return group === context.group || context.groups === null || context.groups.has(group)
}

/** True where the handler, or the id itself, says that it is no Flow. */
function isDeclaredOther({ nodeType = '' }: HandlerComponent, componentId: string): boolean {
  return (nodeType !== '' && nodeType !== 'Flow') || /\.(MiniApps\.|Apps\.orc\.)/.test(componentId)
}

function fits({ configuration }: HandlerComponent, flow: Flow): boolean {
  const { input_fields = {}, output_fields = [] } = configuration ?? {}
  return (
    Object.keys(input_fields).every((name) => flow.inputFields.includes(name)) &&
    output_fields.every((field) => {
      const name = outputName(field)
      return name !== null && (flow.outputFields?.includes(name) ?? true)
    })
  )
}

/** What an output field asks the Flow for; null where it is none. */
function outputName(field: Json): string | null {
  if (typeof field === 'string') return field === '' ? null : field
  if (!isJsonObject(field)) return null
  const { miniapp_name, local_name, optional = false, locked = false } = field
  const named = typeof local_name === 'string' && local_name !== ''
  const flagged = typeof optional === 'boolean' && typeof locked === 'boolean'
  return typeof miniapp_name === 'string' && miniapp_name !== '' && named && flagged
    ? miniapp_name
    : null
}

function fault(
  code: FaultCode,
  at: string,
  [field_type, name]: readonly string[] = [],
): HandlerFault {
  return {
    type: 'WARNING',
    code,
    message: faultMessages[code],
    ...(field_type === undefined || name === undefined ? {} : { field: { field_type, name } }),
    location: `error_handlers/${at}`,
  }
}
