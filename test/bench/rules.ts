/** What error rules cost: a thousand of them against a large answer, over one parse of that answer. */
import type { ErrorRule } from '../../runtime/model/connector.ts'
import { parseJson } from '../../runtime/model/json.ts'
import { matchRules } from '../../runtime/rules/match.ts'
import type { BenchOptions, Metric } from './metric.ts'

const blocks = 1000
const conditions = 10

export async function* bench({ effort }: BenchOptions): AsyncGenerator<Metric, void, undefined> {
  const text = largeAnswer()
  const content = parseJson(text)
  const rules = {
    method: [],
    connector: Array.from({ length: blocks }, (_, index) => ruleOf(index)),
  }
  const response = { status: 200, headers: { 'content-type': 'application/json' }, content }
  const match = () => {
    if (matchRules(rules, response) !== null) throw new Error('no rule was meant to match')
  }
  match()
  const rounds = Math.max(5, Math.round(60 * effort))
  const ratios: number[] = []
  for (let round = 0; round < rounds; round++)
    ratios.push(timeOf(match) / timeOf(() => parseJson(text)))
  const size = `${blocks} blocks of ${conditions} conditions, ${(text.length / 1e6).toFixed(2)} MB`
  yield { name: 'rules.match', value: median(ratios), unit: 'x', target: { atMost: 1 }, note: size }
}

/** About a megabyte of records, as a list method answers them. */
function largeAnswer(): string {
  const record = { name: 'Ann Example', mail: 'ann@example.com', tags: ['a', 'b'], total: 12.5 }
  const items = Array.from({ length: 9500 }, (_, id) => ({
    id,
    ...record,
    at: `2026-01-01T00:00:${id}`,
  }))
  return JSON.stringify({ status: 'ok', items })
}

/**
 * All conditions but the last hold, so that each one is looked at. Rules speak of the status, of a
 * field near the top and of one deep in the answer: a third each.
 */
function ruleOf(index: number): ErrorRule {
  const kinds = [
    { path: 'headers.http-code', operator: 'less' as const, value: 300 },
    { path: 'data.status', operator: 'not_equal' as const, value: 'error' },
    { path: `data.items.${(index * 7) % 9000}.total`, operator: 'greater' as const, value: 3 },
  ]
  const holding = Array.from(
    { length: conditions - 1 },
    (_, at) => kinds[at % kinds.length],
  ).filter((kind) => kind !== undefined)
  const failing = { path: 'data.status', operator: 'equal' as const, value: `error ${index}` }
  return { type: 'Default', message: 'x', filter: { all: [...holding, failing] }, renew: null }
}

function timeOf(run: () => void): number {
  const began = performance.now()
  run()
  return performance.now() - began
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0
}
