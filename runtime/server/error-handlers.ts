/** The list of an app's error handlers: read as a whole, replaced as a whole. */

import { printPath } from '../definition/faults.ts'
import { type AppStore, tagOf } from '../route/app-store.ts'
import { envelope } from '../route/faults.ts'
import { readHandlerList } from '../route/handler-list.ts'
import type { ErrorHandler } from '../route/types.ts'
import { type Answer, notFound, refusal } from './answer.ts'
import { readJson } from './body.ts'
import { type Exchange, visibleApp } from './exchange.ts'

export function readHandlers(exchange: Exchange): Answer {
  const app = visibleApp(exchange, exchange.parameters.app ?? '')
  return app ? listAnswer(200, app.errorHandlers, tagOf(app.errorHandlers)) : notFound()
}

/**
 * 201 also where there was a list before. `If-Match` (RFC 9110 section 13.1.1) keeps a writer from
 * replacing what it has not seen; without it the last list stands.
 */
export async function replaceHandlers(exchange: Exchange): Promise<Answer> {
  const { request, caller, parts } = exchange
  const app = visibleApp(exchange, exchange.parameters.app ?? '')
  if (!app || !parts.apps) return notFound()
  if (caller.readOnly) return refusal('noPermission')
  const body = await readJson(request, parts.limits)
  if ('refused' in body) return body.refused
  const list = readHandlerList(body.value)
  if ('faults' in list) return misshapen(list.faults)
  const expected = request.headers['if-match']
  return save(parts.apps, {
    app: app.id,
    handlers: list.handlers,
    groups: caller.groups,
    ...(expected === undefined ? {} : { mayReplace: (tag: string) => matches(expected, tag) }),
  })
}

async function save(apps: AppStore, change: Parameters<AppStore['save']>[0]): Promise<Answer> {
  const result = await apps.save(change)
  switch (result.kind) {
    case 'saved':
      return listAnswer(201, change.handlers, result.tag)
    case 'conflict':
      return refusal('entityInvalid', 'The list was changed meanwhile. Read it again.', {
        status: 412,
        headers: { etag: `"${result.tag}"` },
      })
    case 'invalid':
      return { status: 400, body: { ...envelope(result.faults), errorCode: 'entityInvalid' } }
  }
}

function listAnswer(status: number, body: readonly ErrorHandler[], tag: string): Answer {
  return { status, body, headers: { etag: `"${tag}"` } }
}

const mostFaults = 20

function misshapen(
  faults: Extract<ReturnType<typeof readHandlerList>, { faults: unknown }>['faults'],
): Answer {
  const lines = faults.slice(0, mostFaults).map(({ path, message }) => {
    return path.length === 0 ? message : `${printPath(path)}: ${message}`
  })
  return refusal('entityInvalid', `This is no list of error handlers. ${lines.join('; ')}`)
}

/** Strong comparison: a weak tag never matches. */
function matches(expected: string, tag: string): boolean {
  return expected.split(',').some((each) => each.trim() === '*' || each.trim() === `"${tag}"`)
}
