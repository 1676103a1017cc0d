/** How an outcome looks in a terminal: one line, and where a script is at fault, its place. */
import type { Outcome, Step, Trail } from '../../runtime/model/call.ts'
import type { CallFailure } from '../../runtime/model/failure.ts'
import { oneLine } from '../streams.ts'
import { duration } from './duration.ts'
import type { Paint } from './paint.ts'

/** Whose outcome it is, where that is known: advice then needs no blanks to be filled. */
type Names = { readonly connector?: string; readonly connection?: string | null | undefined }

/** `✓ success 200 · 2 attempts · refreshed once · 143 ms`, and what a failure wants said below it. */
export function outcomeText(outcome: Outcome, paint: Paint, names: Names = {}): string {
  const line = [headline(outcome, paint), ...countsOf(outcome.trail)].join(' · ')
  if (outcome.kind !== 'failure') return line
  return [line, ...placeOf(outcome.failure), ...adviceFor(outcome.failure, names)].join('\n')
}

function headline(outcome: Outcome, paint: Paint): string {
  switch (outcome.kind) {
    case 'success':
      return `${paint('green', '✓ success')} ${outcome.status || ''}`.trimEnd()
    case 'warning': {
      const status = outcome.status === null ? '' : ` ${outcome.status}`
      return `${paint('yellow', '! warning')}${status}: ${oneLine(outcome.message)}`
    }
    case 'stopped':
      return `${paint('yellow', '■ stopped')}: ${oneLine(outcome.message)}`
    case 'failure': {
      const { type, message } = outcome.failure
      const taken = outcome.handled
        ? `, taken by handler ${outcome.handled.index} (${oneLine(outcome.handled.componentId)})`
        : ''
      return `${paint('red', `✗ ${type}`)}: ${oneLine(message)}${taken}`
    }
  }
}

function countsOf({ attempts, ms }: Trail): readonly string[] {
  if (attempts.length === 0) return []
  const steps = attempts.flatMap((attempt) => attempt.steps)
  const pages = new Set(attempts.map(({ page }) => page)).size
  return [
    attempts.length === 1 ? '1 attempt' : `${attempts.length} attempts`,
    ...(pages > 1 ? [`${pages} pages`] : []),
    ...timesOf('refreshed', renewals(steps, 'refresh', 'renewed')),
    ...timesOf('logged in', renewals(steps, 'session', 'renewed')),
    ...timesOf(
      'took over a renewal',
      renewals(steps, 'refresh', 'adopted') + renewals(steps, 'session', 'adopted'),
    ),
    ...timesOf('retried', attempts.filter(({ cause }) => cause === 'retry').length),
    ...timesOf('waited', steps.filter(({ kind }) => kind === 'wait').length),
    duration(ms),
  ]
}

type Renewal = Extract<Step, { kind: 'renewal' }>

function renewals(steps: readonly Step[], by: Renewal['by'], result: Renewal['result']): number {
  return steps.filter((step) => step.kind === 'renewal' && step.by === by && step.result === result)
    .length
}

function timesOf(what: string, count: number): readonly string[] {
  if (count === 0) return []
  return [`${what} ${['once', 'twice'][count - 1] ?? `${count} times`}`]
}

function placeOf({ position, thrownIn, frame }: CallFailure): readonly string[] {
  return [
    ...(position === undefined ? [] : [`  at ${position}`]),
    ...(frame === undefined || frame === '' ? [] : frame.split('\n').map((line) => `  ${line}`)),
    ...(thrownIn === undefined ? [] : [`  thrown in ${thrownIn}`]),
  ]
}

/** What the failure’s own message cannot know: how this program cures it. */
function adviceFor(
  { type, reason, retryAt }: CallFailure,
  { connector = '<connector>', connection }: Names,
): readonly string[] {
  if (retryAt) return [`  Try again after ${retryAt.toISOString()}.`]
  if (type === 'RequestForbidden' && reason === 'address') {
    return ['  If it is meant to be reached, allow its network: --allow-private 127.0.0.0/8']
  }
  if (type === 'InvalidCredential' || type === 'ExpiredToken') {
    const command = `hookline connect ${connector} -c ${connection ?? '<name>'} --replace`
    return [`  Connect again: ${oneLine(command)}`]
  }
  return []
}
