import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { checkApp } from '../../runtime/route/check.ts'
import { appFrom, contextOf } from './support.ts'

const readme = readFileSync(new URL('../../runtime/route/README.md', import.meta.url), 'utf8')

test('the app of the README is one without fault', () => {
  const text = /```yaml\n(.*?)```/s.exec(readme)?.[1] ?? ''
  const app = appFrom(text)
  expect(app.errorHandlers).toHaveLength(2)
  const { component } = contextOf(app)
  expect(checkApp(app, { component, hasMethod: () => true })).toEqual({
    ...{ faults: [], shadows: [], flows: [] },
  })
})
