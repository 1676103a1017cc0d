import type { DefinitionFault } from '../../runtime/definition/faults.ts'
import type { CheckedConnector } from '../commands/check.ts'
import { oneLine } from '../streams.ts'
import type { Paint } from './paint.ts'

/** Finds the text of a line, counted from 1; null where there is none. */
export type ReadLine = (file: string, line: number) => string | null

/**
 * A connector and what is wrong with it:
 *
 *     ✗ acme: 1 fault
 *       connector.yaml:12:11 methods.list.verb: expected one of GET, POST; got "FETCH"
 *          12 |     verb: FETCH
 *             |           ^
 */
export function checkText(
  { name, faults, warnings }: CheckedConnector,
  readLine: ReadLine,
  paint: Paint,
): string {
  const mark = faults.length > 0 ? paint('red', '✗') : paint('green', '✓')
  const counts = [count(faults.length, 'fault'), count(warnings.length, 'warning')].flat()
  const head = `${mark} ${paint('bold', name)}${counts.length > 0 ? `: ${counts.join(', ')}` : ''}`
  return [
    head,
    ...faults.map((fault) => faultText(fault, paint('red', 'fault'), { readLine, paint })),
    ...warnings.map((fault) => faultText(fault, paint('yellow', 'warning'), { readLine, paint })),
  ].join('\n')
}

function count(number: number, what: string): readonly string[] {
  return number === 0 ? [] : [`${number} ${what}${number === 1 ? '' : 's'}`]
}

function faultText(
  { file, line, column, path, message }: DefinitionFault,
  kind: string,
  { readLine, paint }: { readonly readLine: ReadLine; readonly paint: Paint },
): string {
  const place = paint('bold', `${file}:${line}:${column}`)
  const head = `  ${kind} ${place}${path === '' ? '' : ` ${oneLine(path)}`}: ${oneLine(message)}`
  const text = readLine(file, line)
  if (text === null || text.trim() === '') return head
  return [head, ...excerpt({ text, line, column }, paint)].join('\n')
}

const widest = 120

/** The line, or as much of it as a terminal shows, and a caret below the column. */
function excerpt(
  { text, line, column }: { text: string; line: number; column: number },
  paint: Paint,
): readonly string[] {
  const start = Math.max(0, column - widest + 20)
  const shown = text.replaceAll('\t', ' ').slice(start, start + widest)
  const number = String(line).padStart(6)
  return [
    paint('dim', `${number} | ${shown}`),
    `${' '.repeat(6)} | ${' '.repeat(Math.max(0, column - 1 - start))}${paint('red', '^')}`,
  ]
}
