/** Texts with `{{ fields }}` in them. A value that is put in is never looked through again. */

/** A piece of plain text, or a field to fill in. */
export type TemplatePart = string | { readonly field: string }

/** Spaces inside the braces do not count; braces that never close are plain text. */
export function parseTemplate(text: string): readonly TemplatePart[] {
  const parts: TemplatePart[] = []
  let at = 0
  for (;;) {
    const open = text.indexOf('{{', at)
    const close = open < 0 ? -1 : text.indexOf('}}', open + 2)
    if (close < 0) break
    if (open > at) parts.push(text.slice(at, open))
    parts.push({ field: text.slice(open + 2, close).trim() })
    at = close + 2
  }
  if (at < text.length) parts.push(text.slice(at))
  return parts
}

/** The names of the fields in a text, in order, with repetitions. */
export function fieldsOf(text: string): readonly string[] {
  return parseTemplate(text).flatMap((part) => (typeof part === 'string' ? [] : [part.field]))
}

/** Fills a template in one pass. */
export function renderTemplate(
  parts: readonly TemplatePart[],
  valueFor: (field: string) => string,
): string {
  let text = ''
  for (const part of parts) text += typeof part === 'string' ? part : valueFor(part.field)
  return text
}
