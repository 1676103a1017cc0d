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
