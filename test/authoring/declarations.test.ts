import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { scriptDeclarations } from '../../runtime/authoring/declarations.ts'
import { eventNames } from '../../runtime/authoring/events.ts'
import { functions } from '../../runtime/authoring/functions.ts'
import { globals } from '../../runtime/authoring/globals.ts'

test('scriptDeclarations() is what connectors/hookline.d.ts publishes', () => {
  const published = readFileSync('connectors/hookline.d.ts', 'utf8')
  expect(scriptDeclarations(), 'write it anew: node test/authoring/write-types.ts').toBe(published)
})

test('scriptDeclarations() declares every global and function, with its documentation', () => {
  const text = scriptDeclarations()
  for (const { name, doc, writtenIn } of globals) {
    const keyword = writtenIn.length > 0 ? 'var' : 'const'
    expect(text).toContain(`${doc}\n`)
    expect(text).toMatch(new RegExp(`^  ${keyword} ${name}: `, 'm'))
  }
  for (const { name, doc } of functions) {
    expect(text).toContain(`  /** ${doc} */\n  function ${name}(`)
  }
})

test('scriptDeclarations() lists for every event what its handlers find', () => {
  const text = scriptDeclarations()
  for (const event of eventNames) {
    const [, members = ''] = new RegExp(`^  ${event}: \\{\\n(.*?)^  \\}`, 'ms').exec(text) ?? []
    const found = [...members.matchAll(/^ {4}(readonly )?(\w+): /gm)]
    const expected = globals.filter(({ readIn }) => readIn.includes(event))
    expect(found.map(([, , name]) => name)).toEqual(expected.map(({ name }) => name))
    expect(found.filter(([, readonly]) => !readonly).map(([, , name]) => name)).toEqual(
      expected.filter(({ writtenIn }) => writtenIn.includes(event)).map(({ name }) => name),
    )
  }
})

test('globals are written only where they can be read', () => {
  const wrong = globals.filter(
    ({ readIn, writtenIn }) => !writtenIn.every((e) => readIn.includes(e)),
  )
  expect(wrong).toEqual([])
})
