import { type ErrorHandler, isDefault, type RoutedError } from './types.ts'

/** Which handler takes an error, and why not the others. */
export type Route = {
  /** Position in the list; null where nothing takes it. */
  readonly index: number | null
  readonly isDefault: boolean
  readonly reason: string
  /** One for each handler, in the order of the list. */
  readonly considered: readonly Considered[]
}

export type Considered = {
  readonly index: number
  readonly isDefault: boolean
  readonly typeMatches: boolean
  readonly sourceMatches: boolean
  readonly decides: boolean
  readonly reason: string
}

/**
 * Picks the handler of an error: the first one from the top whose types and sources both fit; the
 * default only if there is no other, wherever it stands.
 */
export function route(
  handlers: readonly ErrorHandler[],
  error: Pick<RoutedError, 'type' | 'source'>,
): Route {
  const tried = handlers.map((handler) => tryHandler(handler, error))
  const specific = tried.findIndex((each) => !each.isDefault && fits(each))
  const chosen = specific >= 0 ? specific : tried.findIndex((each) => each.isDefault)
  const considered = tried.map((each, index) => ({
    ...each,
    index,
    decides: index === chosen,
    reason: reasonOf(each, { index, chosen, error }),
  }))
  const decided = considered[chosen]
  return {
    index: decided?.index ?? null,
    isDefault: decided?.isDefault ?? false,
    reason: decided?.reason ?? 'no handler fits, and the list has no default',
    considered,
  }
}

type Tried = Pick<Considered, 'isDefault' | 'typeMatches' | 'sourceMatches'>

function tryHandler(
  handler: ErrorHandler,
  { type, source }: Pick<RoutedError, 'type' | 'source'>,
): Tried {
  return {
    isDefault: isDefault(handler),
    typeMatches: allows(handler.error_types, type),
    sourceMatches: allows(handler.error_sources, source),
  }
}

/** Within a category any name will do; a category without names is open to all. */
function allows(names: readonly string[] | null | undefined, name: string): boolean {
  return (names ?? []).length === 0 || (names ?? []).includes(name)
}

function fits({ typeMatches, sourceMatches }: Tried): boolean {
  return typeMatches && sourceMatches
}

function reasonOf(
  tried: Tried,
  {
    index,
    chosen,
    error,
  }: {
    readonly index: number
    readonly chosen: number
    readonly error: Pick<RoutedError, 'type' | 'source'>
  },
): string {
  if (tried.isDefault) {
    if (index === chosen) return 'the default: no other handler fits'
    return `the default comes last, and handler ${chosen} took the error`
  }
  if (index === chosen) return 'the first that fits both type and source'
  const { typeMatches, sourceMatches } = tried
  if (typeMatches && sourceMatches) return `fits too, but handler ${chosen} stands above it`
  const wrong = [
    typeMatches ? null : `type ${error.type}`,
    sourceMatches ? null : `source ${error.source}`,
  ].filter((text) => text !== null)
  return `${wrong.join(' and ')} not among its own`
}

/** A handler that no error can reach, as one above it takes all of its errors. */
export type Shadow = { readonly index: number; readonly by: number }

/** A hint, never a fault: the list does what it says. */
export function shadowedHandlers(handlers: readonly ErrorHandler[]): readonly Shadow[] {
  return handlers.flatMap((handler, index) => {
    if (isDefault(handler)) return []
    const by = handlers.findIndex(
      (above, position) => position < index && !isDefault(above) && covers(above, handler),
    )
    return by < 0 ? [] : [{ index, by }]
  })
}

function covers(above: ErrorHandler, below: ErrorHandler): boolean {
  return (
    includesAll(above.error_types, below.error_types) &&
    includesAll(above.error_sources, below.error_sources)
  )
}

function includesAll(
  wide: readonly string[] | null | undefined,
  narrow: readonly string[] | null | undefined,
): boolean {
  if ((wide ?? []).length === 0) return true
  const names = narrow ?? []
  return names.length > 0 && names.every((name) => (wide ?? []).includes(name))
}
