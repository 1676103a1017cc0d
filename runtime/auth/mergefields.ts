import { fieldsOf, parseTemplate, renderTemplate } from '../model/template.ts'

/** The names between double braces in a template, in order of appearance, each once. */
export function mergefieldsIn(template: string): readonly string[] {
  return [...new Set(fieldsOf(template))]
}

/**
 * Fills in a template once; what a value says is never expanded again. A name without a value
 * stays as it is, so that the caller can say which one is missing.
 */
export function fillMergefields(
  template: string,
  values: Readonly<Record<string, string>>,
  encode: (value: string) => string = (value) => value,
): string {
  if (!template.includes('{{')) return template
  return renderTemplate(parseTemplate(template), (name) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined
    return value === undefined ? `{{${name}}}` : encode(value)
  })
}
