import { expect, test } from 'vitest'
import { fieldsOf, parseTemplate, renderTemplate } from '../../runtime/model/template.ts'

test('parseTemplate() parts text and fields', () => {
  expect(parseTemplate('a {{ b }}{{c}} d')).toEqual(['a ', { field: 'b' }, { field: 'c' }, ' d'])
  expect(parseTemplate('')).toEqual([])
  expect(parseTemplate('{{a')).toEqual(['{{a'])
  expect(parseTemplate('a}}')).toEqual(['a}}'])
})

test('fieldsOf() lists fields in order', () => {
  expect(fieldsOf('{{b}} {{a}} {{b}}')).toEqual(['b', 'a', 'b'])
})

test('renderTemplate() fills in one pass', () => {
  expect(renderTemplate(parseTemplate('{{a}}-{{b}}'), (field) => `{{${field}x}}`)).toBe(
    '{{ax}}-{{bx}}'.replaceAll(' ', ''),
  )
})
