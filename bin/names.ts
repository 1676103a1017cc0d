/** Finds what a person named; for a name that is not there, says which one was probably meant. */
import { DefinitionError } from '../runtime/definition/faults.ts'
import type { Connection } from '../runtime/model/connection.ts'
import type { Connector } from '../runtime/model/connector.ts'
import { asMethodName } from '../runtime/model/ids.ts'
import { nearest } from '../runtime/model/nearest.ts'
import type { Catalogue } from '../runtime/model/ports.ts'
import { type ErrorCode, UsageError } from '../runtime/model/usage-error.ts'

/** Throws `UsageError`: `connectionMissing`, or `entityInvalid` where its definition has faults. */
export async function findConnector(name: string, catalogue: Catalogue): Promise<Connector> {
  const connector = await catalogue.find(name).catch((error: unknown) => {
    throw error instanceof DefinitionError ? unusable(name, error) : error
  })
  if (connector) return connector
  throw unknown(`There is no connector \`${name}\``, {
    errorCode: 'connectionMissing',
    ...{ name, known: await catalogue.names(), none: 'No connectors were found.' },
  })
}

function unusable(name: string, cause: DefinitionError): UsageError {
  const faults = cause.message.split('\n').map((line) => `  ${line}`)
  return new UsageError(
    'entityInvalid',
    [`The connector ${name} has faults`, ...faults].join('\n'),
    {
      cure: `Run \`hookline check ${name}\` to see each in its line.`,
      cause,
    },
  )
}

export function demandMethod(name: string, connector: Connector): void {
  if (connector.methods.has(asMethodName(name))) return
  throw unknown(`${connector.name} has no method \`${name}\``, {
    errorCode: 'entityMissing',
    ...{ name, known: [...connector.methods.keys()], none: 'It has no methods.' },
  })
}

/** Throws where a connection is named that nothing could be done with. */
export function demandNeeded(connector: Connector): void {
  if (connector.auth.type !== 'none' || connector.properties.length > 0) return
  throw new UsageError('entityInvalid', `${connector.name} needs no connection`, {
    cure: 'Leave out -c.',
  })
}

export function noConnection(name: string, all: readonly Connection[]): UsageError {
  return unknown(`There is no connection \`${name}\``, {
    errorCode: 'sessionMissing',
    ...{ name, known: all.map(({ id }) => id) },
    none: 'Make one with `hookline connect <connector>` or `hookline connections import`.',
  })
}

/**
 * The connection to call through where none was named: the only one there is, or null where the
 * connector needs none. Throws `UsageError` where that leaves a doubt.
 */
export function onlyConnection(connector: Connector, all: readonly Connection[]): string | null {
  const own = all.filter((connection) => connection.connector === connector.name)
  const [only, another] = own
  if (only && !another) return only.id
  if (only) {
    throw new UsageError('missingFields', `There are several connections to ${connector.name}`, {
      cure: `Say which one with -c: ${own.map(({ id }) => id).join(', ')}.`,
    })
  }
  if (connector.auth.type === 'none') return null
  throw new UsageError('sessionMissing', `There is no connection to ${connector.name} yet`, {
    cure: `Make one with \`hookline connect ${connector.name}\`.`,
  })
}

type Unknown = {
  readonly errorCode: ErrorCode
  readonly name: string
  readonly known: readonly string[]
  /** What to do where there is nothing that could have been meant. */
  readonly none: string
}

function unknown(message: string, { errorCode, name, known, none }: Unknown): UsageError {
  const meant = nearest(name, known)
  const shown = known.slice(0, 20).join(', ') + (known.length > 20 ? ', …' : '')
  const cure =
    meant === null
      ? known.length === 0
        ? none
        : `There are: ${shown}.`
      : `Did you mean \`${meant}\`?`
  return new UsageError(errorCode, message, { cure })
}
