/**
 * A trail as a tree: the time that each thing took on its left, in one column; the attempts one
 * below the other, and between them what it took to make the next one.
 *
 *       34 ms  attempt 1
 *       31 ms  ├─ request       POST https://api.vendor.example/orders → 200, 84 B
 *      3.1 ms  ├─ after_action  threw AuthRefreshException (connector script)
 *              └─ verdict       recover by refresh
 *       18 ms  refresh: renewed, generation 1 ← AuthRefreshException in scripts/main.js:3:11
 *       29 ms  attempt 2 · replay · 53 ms after the start
 */
import type { Attempt, Step, Trail } from '../../runtime/model/call.ts'
import { oneLine } from '../streams.ts'
import { duration, size } from './duration.ts'
import type { Colour, Paint } from './paint.ts'

/** One line of the tree, and what hangs below it. */
type Row = {
  readonly ms: number | null
  readonly name: string
  readonly text: string
  readonly colour: Colour | null
  readonly below: readonly Row[]
}

export function trailText(trail: Trail, paint: Paint): string {
  const parts = trail.attempts.map((attempt) => ({ attempt, ...partsOf(attempt) }))
  const width = widthOf(parts.flatMap(({ rows }) => rows))
  return parts
    .flatMap(({ attempt, rows, after }) => [
      attemptLine(attempt, paint),
      ...branch(rows, { paint, width, stem: '' }),
      ...after.flatMap((row) => betweenLines(row, paint)),
    ])
    .join('\n')
}

/** What happened in an attempt, its verdict last, and the renewals that the verdict asked for. */
function partsOf({ steps, verdict }: Attempt): {
  readonly rows: readonly Row[]
  readonly after: readonly Row[]
} {
  const evidence = steps.findLastIndex(({ kind }) => ['request', 'hook', 'rule'].includes(kind))
  const isAfter = (step: Step, index: number) => step.kind === 'renewal' && index > evidence
  const within = steps.filter((step, index) => !isAfter(step, index))
  return {
    rows: [...within.map(rowOf), verdictRow(verdict)],
    after: steps.filter(isAfter).map(rowOf),
  }
}

function attemptLine({ number, page, cause, at, ms }: Attempt, paint: Paint): string {
  const why = `${page === undefined ? '' : ` · page ${page}`}${cause === 'first' ? '' : ` · ${cause}`}`
  const since = at < 1 ? '' : paint('dim', ` · ${duration(at)} after the start`)
  return `${time(ms, paint)}${paint('bold', `attempt ${number}`)}${why}${since}`
}

function betweenLines({ ms, name, text, colour, below }: Row, paint: Paint): readonly string[] {
  const shown = colour === null ? text : paint(colour, text)
  return [
    `${time(ms, paint)}${paint('bold', name)}: ${shown}`,
    ...branch(below, { paint, width: widthOf(below), stem: '' }),
  ]
}

function verdictRow(verdict: string): Row {
  const colour = verdict === 'accept' ? 'green' : /^[A-Z]/.test(verdict) ? 'red' : 'yellow'
  return row('verdict', oneLine(verdict), { colour })
}

function row(name: string, text: string, more: Partial<Row> = {}): Row {
  return { ms: null, colour: null, below: [], ...more, name, text }
}

function rowOf(step: Step): Row {
  switch (step.kind) {
    case 'hook':
      return hookRow(step)
    case 'request':
      return requestRow(step)
    case 'rule':
      return row(
        'rule',
        `${step.type}, rule ${step.index} of the ${step.level}: ${oneLine(step.message)}`,
        { colour: 'yellow' },
      )
    case 'renewal':
      return renewalRow(step)
    case 'wait':
      return row('wait', oneLine(step.because), { ms: step.ms, colour: 'yellow' })
    case 'warning':
      return row('warning', oneLine(step.message), { colour: 'yellow' })
    case 'log':
      return row(`log ${step.level}`, oneLine(step.text), { colour: 'dim' })
  }
}

type StepOf<Kind extends Step['kind']> = Extract<Step, { kind: Kind }>

function hookRow({ event, ms, result, thrown, level, failure }: StepOf<'hook'>): Row {
  const whose = level === undefined ? '' : ` (${level} script)`
  const texts = {
    returned: 'returned',
    stopped: `returned false${whose}`,
    threw: `threw ${oneLine(thrown ?? 'something')}${whose}`,
    failed: `failed: ${failure}`,
  }
  return row(event, texts[result], { ms, colour: result === 'returned' ? null : 'yellow' })
}

function requestRow({ verb, url, ms, status, bytes, failure }: StepOf<'request'>): Row {
  const answer = status === null ? (failure ?? 'no response') : `${status}, ${size(bytes)}`
  const colour = status === null || status >= 400 ? 'red' : null
  return row('request', `${verb} ${oneLine(url)} → ${answer}`, { ms, colour })
}

function renewalRow({ by, ms, result, generation, ...step }: StepOf<'renewal'>): Row {
  const what = {
    renewed: `renewed${generation === null ? '' : `, generation ${generation}`}`,
    adopted: 'took over what another process or call had renewed',
    failed: `failed: ${oneLine(step.message ?? '')}`,
  }
  return row(by, `${what[result]} ← ${oneLine(step.because)}`, {
    ms,
    colour: result === 'failed' ? 'red' : 'green',
    below: (step.steps ?? []).map(rowOf),
  })
}

type Branch = { readonly paint: Paint; readonly width: number; readonly stem: string }

function branch(rows: readonly Row[], { paint, width, stem }: Branch): readonly string[] {
  return rows.flatMap(({ ms, name, text, colour, below }, index) => {
    const last = index === rows.length - 1
    const fork = paint('dim', `${stem}${last ? '└─' : '├─'}`)
    const shown = colour === null ? text : paint(colour, text)
    const deeper = { paint, width: widthOf(below), stem: `${stem}${last ? '   ' : '│  '}` }
    return [`${time(ms, paint)}${fork} ${name.padEnd(width)}  ${shown}`, ...branch(below, deeper)]
  })
}

function widthOf(rows: readonly Row[]): number {
  return Math.max(0, ...rows.map(({ name }) => name.length))
}

function time(ms: number | null, paint: Paint): string {
  return `${paint('dim', (ms === null ? '' : duration(ms)).padStart(9))}  `
}
