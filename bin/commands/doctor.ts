import { diagnoseAllowances } from '../diagnosis/allowances.ts'
import type { Finding } from '../diagnosis/finding.ts'
import { diagnoseKey } from '../diagnosis/key.ts'
import { diagnoseSandbox } from '../diagnosis/sandbox.ts'
import { diagnoseStore } from '../diagnosis/store.ts'
import { diagnoseNode, diagnosePlatform, diagnoseProxy } from '../diagnosis/system.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { type Paint, paintOut } from '../print/paint.ts'
import { type GlobalOptions, readSettings } from '../settings.ts'
import { oneLine, print, printJson } from '../streams.ts'

/** What `doctor --json` prints. */
export type DoctorReport = { readonly serves: boolean; readonly findings: readonly Finding[] }

/** Looks at everything that a call needs, and changes nothing. */
export async function doctor(options: GlobalOptions): Promise<ExitCode> {
  const settings = readSettings(options)
  const findings = [
    diagnoseNode(),
    diagnosePlatform(),
    await diagnoseSandbox(),
    await diagnoseStore(settings),
    await diagnoseKey(settings),
    diagnoseProxy(),
    await diagnoseAllowances(settings),
  ]
  const serves = findings.every(({ state }) => state !== 'bad')
  if (settings.json) printJson({ serves, findings } satisfies DoctorReport)
  else
    print([...findings.map((found) => findingText(found, paintOut)), closing(findings)].join('\n'))
  return serves ? exitCodes.success : exitCodes.failure
}

function findingText({ name, state, text, notes }: Finding, paint: Paint): string {
  const marks = {
    good: paint('green', '✓'),
    less: paint('yellow', '!'),
    bad: paint('red', '✗'),
  }
  const lines = [`${marks[state]} ${name.padEnd(9)} ${oneLine(text)}`]
  return [...lines, ...notes.map((note) => `            ${paint('yellow', oneLine(note))}`)].join(
    '\n',
  )
}

function closing(findings: readonly Finding[]): string {
  if (findings.some(({ state }) => state === 'bad')) return '\nHookline cannot serve here.'
  return findings.some(({ state }) => state === 'less')
    ? '\nHookline serves here, WITH LESS PROTECTION than it can have: see the lines marked !'
    : '\nHookline serves here, with everything it can have.'
}
