/**
 * A script's text, fit for a terminal and a log: what would move a cursor, turn the writing
 * direction or forge a line is shown instead of obeyed. Line ends and tabs stay.
 */
export function printable(text: string): string {
  return text.replace(hostile, (character) => {
    const code = character.charCodeAt(0).toString(16)
    return `\\u${code.padStart(4, '0')}`
  })
}

// Controls but tab and line feed, line and paragraph separators, marks of the writing direction.
const hostile =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: to find them is its purpose
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g
