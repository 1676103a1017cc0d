import { StoreFailure } from './store-failure.ts'

type Explanation = { readonly what: string; readonly cure: string; readonly passing: boolean }

/** By SQLSTATE (postgresql.org/docs/current/errcodes-appendix.html), whole or its class. */
const bySqlState: Readonly<Record<string, Explanation>> = {
  '28': {
    what: 'refuses this user',
    cure: 'Check the user name and the password in the address',
    passing: false,
  },
  '3D000': {
    what: 'has no database of that name',
    cure: 'Make it by `createdb`, or name another one in the address',
    passing: false,
  },
  '42501': {
    what: 'forbids this user what it needs',
    cure: 'Let the user create the schema `hookline`, or make it the schema’s owner',
    passing: false,
  },
  '25006': {
    what: 'takes no changes: it is a replica, or was set to be read only',
    cure: 'Name the primary server in the address',
    passing: true,
  },
  '53': {
    what: 'has no room or no connection left',
    cure: 'Make room on its disk, or raise its `max_connections`',
    passing: true,
  },
  '57': { what: 'is being stopped, or is slow', cure: 'Wait until it is up again', passing: true },
  '08': { what: 'cannot be reached', cure: 'Look whether it is up', passing: true },
}

const unreachable: Explanation = {
  what: 'cannot be reached',
  cure: 'Look whether the server is up and the address is right',
  passing: true,
}

/** Says what is wrong with the server, and what to do. A bug of ours comes back as it is. */
export function translate(error: unknown, place: string): unknown {
  if (!(error instanceof Error)) return error
  const explanation = explain(error)
  if (!explanation) return error
  return new StoreFailure(`The store ${place} ${explanation.what}`, {
    cure: explanation.cure,
    passing: explanation.passing,
    cause: error,
  })
}

function explain(error: Error): Explanation | null {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (/^[0-9A-Z]{5}$/.test(code)) {
    return bySqlState[code] ?? bySqlState[code.slice(0, 2)] ?? null
  }
  if (/^E[A-Z_]+$/.test(code)) return unreachable
  // The driver gives these no code.
  return /timeout|terminated|not queryable|ended|closed/i.test(error.message) ? unreachable : null
}
