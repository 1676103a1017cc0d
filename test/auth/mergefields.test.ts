import { expect, test } from 'vitest'
import { fillMergefields, mergefieldsIn } from '../../runtime/auth/mergefields.ts'

test('mergefieldsIn() lists each name once, in order of appearance', () => {
  expect(mergefieldsIn('{{b}}/{{ a }}/{{b}}')).toEqual(['b', 'a'])
  expect(mergefieldsIn('none')).toEqual([])
})

test('fillMergefields() fills once, encodes if asked, and leaves names without a value', () => {
  const values = { a: '{{b}} c', b: 'x' }
  expect(fillMergefields('{{a}}/{{ b }}', values)).toBe('{{b}} c/x')
  expect(fillMergefields('{{a}}', values, encodeURIComponent)).toBe('%7B%7Bb%7D%7D%20c')
  expect(fillMergefields('{{nobody}} {{toString}}', values)).toBe('{{nobody}} {{toString}}')
  expect(fillMergefields('plain', values, () => 'never')).toBe('plain')
})
