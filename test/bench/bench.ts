/**
 * `npm run bench -- <name> [--json] [--effort 0.1]`: measures, prints a table, or
 * with `--json` one object a line. Ends with 1 where a target does not hold.
 */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Bench, holds, type Metric, targetText } from './metric.ts'
import { bench as renewal } from './renewal.ts'
import { bench as rules } from './rules.ts'
import { bench as sandbox } from './sandbox.ts'

const benches: Readonly<Record<string, Bench>> = { renewal, rules, sandbox }

/** These print for themselves, in the same two ways. */
const programs: readonly string[] = ['worker']

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean' },
    effort: { type: 'string' },
    short: { type: 'boolean' },
  },
})
const effort = Number(values.effort ?? (values.short ? 0.1 : 1))
const names = [...Object.keys(benches), ...programs]

if (positionals.length === 0 || positionals.some((name) => !names.includes(name))) {
  process.stderr.write(`npm run bench -- <name> [--json] [--short]; names: ${names.join(' ')}\n`)
  process.exitCode = 2
} else {
  for (const name of positionals) await run(name)
}

async function run(name: string): Promise<void> {
  const bench = benches[name]
  if (bench !== undefined) {
    for await (const metric of bench({ effort })) print(metric)
    return
  }
  const options = process.argv.slice(2).filter((each) => each.startsWith('--'))
  const file = join(import.meta.dirname, `${name}.ts`)
  const { status } = spawnSync(process.execPath, [file, ...options], { stdio: 'inherit' })
  if (status !== 0) process.exitCode = 1
}

function print(metric: Metric): void {
  const { name, value, unit, target, note = '' } = metric
  const verdict = holds(metric)
  if (verdict === false) process.exitCode = 1
  if (values.json) {
    const rounded = Number(value.toPrecision(4))
    const line = { name, value: rounded, unit, target: targetText(target) || null, holds: verdict }
    process.stdout.write(`${JSON.stringify(line)}\n`)
    return
  }
  const mark = verdict === null ? ' ' : verdict ? '✓' : '✗'
  const shown = `${value.toPrecision(3)} ${unit}`
  process.stdout.write(
    `${mark} ${name.padEnd(22)} ${shown.padStart(12)}  ${targetText(target).padEnd(8)} ${note}\n`,
  )
}
