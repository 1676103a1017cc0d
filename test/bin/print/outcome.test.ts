import { expect, test } from 'vitest'
import { outcomeText } from '../../../bin/print/outcome.ts'
import { CallFailure } from '../../../runtime/model/failure.ts'
import { asCallId } from '../../../runtime/model/ids.ts'

const plain = (_colour: string, text: string) => text

test('outcomeText() leads from the author’s line to the package that threw', () => {
  const failure = new CallFailure('ScriptError', 'no value', {
    position: 'main.ts:4:3',
    frame: '> 4 |   check(null)\n    |   ^',
    thrownIn: 'node_modules/strict/main.js:2:21',
  })
  const trail = { startedAt: new Date(0), attempts: [], ms: 1 }
  const text = outcomeText({ kind: 'failure', failure, call: asCallId('1'), trail }, plain)
  expect(text.split('\n')).toEqual([
    '✗ ScriptError: no value',
    '  at main.ts:4:3',
    '  > 4 |   check(null)',
    '      |   ^',
    '  thrown in node_modules/strict/main.js:2:21',
  ])
})

test('outcomeText() says how to connect again, by name where it is known', () => {
  const failure = new CallFailure('InvalidCredential', 'revoked')
  const trail = { startedAt: new Date(0), attempts: [], ms: 1 }
  const outcome = { kind: 'failure', failure, call: asCallId('1'), trail } as const
  const advice = (names?: Parameters<typeof outcomeText>[2]) =>
    outcomeText(outcome, plain, names).split('\n').at(-1)
  expect(advice({ connector: 'crm', connection: 'ann' })).toBe(
    '  Connect again: hookline connect crm -c ann --replace',
  )
  expect(advice()).toBe('  Connect again: hookline connect <connector> -c <name> --replace')
})
