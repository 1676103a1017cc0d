import type { RouteReport } from '../commands/route.ts'
import { oneLine } from '../streams.ts'
import type { Paint } from './paint.ts'
import { tableText } from './table.ts'

/**
 * Who takes an error, and a line on each handler:
 *
 *     Timeout from crm.get → handler 1, notify
 *          0  -       the default comes last, and handler 1 took the error
 *       ✓  1  notify  the first that fits both type and source
 */
export function routeText(report: RouteReport, paint: Paint): string {
  const { type, source, index, componentId, considered, reason } = report
  const taken =
    index === null
      ? paint('yellow', `nobody: ${reason}`)
      : componentId === null
        ? paint('yellow', `handler ${index}, which is empty: the failure surfaces`)
        : paint('green', `handler ${index}, ${oneLine(componentId)}`)
  const rows = considered.map((each) => [
    each.decides ? '  ✓' : '   ',
    String(each.index),
    oneLine(each.componentId ?? '-'),
    oneLine(each.reason),
  ])
  const lines = rows.length === 0 ? [] : tableText(rows).split('\n')
  return [
    `${oneLine(type)} from ${oneLine(source)} → ${taken}`,
    ...lines.map((line, at) => paint(considered[at]?.decides === true ? 'bold' : 'dim', line)),
    ...(report.isKnownSource
      ? []
      : [paint('yellow', `  The app does not list the source ${oneLine(source)}.`)]),
  ].join('\n')
}
