/**
 * The only way to the terminal. Vendors and scripts choose much of what is printed, so nothing of
 * it may steer the terminal: control characters and those that turn the direction of writing come
 * out as `\u009b`, which in a JSON text means the same as before. Our own few colours pass.
 */

/** What the command was run for: data. */
export function print(text: string): void {
  process.stdout.write(`${withoutControls(text)}\n`)
}

/** Exactly one object, as `--json` promises. */
export function printJson(value: object): void {
  print(JSON.stringify(value, null, 2))
}

/** What people read beside the data. */
export function say(text: string): void {
  process.stderr.write(`${withoutControls(text)}\n`)
}

/** A reader such as `head` may have seen enough: that is no error, and nothing to talk about. */
export function outliveClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
    })
  }
}

/** A text from outside that stands on a line of ours, and must not begin one of its own. */
export function oneLine(text: string): string {
  return text.trim().replace(/\s*[\r\n\u2028\u2029]+\s*/g, ' ⏎ ')
}

/** The colours of `print/paint.ts`, or any character that could steer a terminal. */
const steering =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this is about
  /\u001b\[(?:1|2|22|31|32|33|36|39)m|[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

function withoutControls(text: string): string {
  return text.replace(steering, (found) =>
    found.length > 1 ? found : `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
