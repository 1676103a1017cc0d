import {
  bounded,
  defineProperty,
  getProperty,
  quote,
  sliceText,
  stringify,
  toText,
} from './intrinsics.ts'
import { limits } from './limits.ts'

export type Log = {
  /** The elements of a JSON array of log lines. */
  lines(): string
  /** True when more was logged than is kept. */
  isTruncated(): boolean
}

/** Installs `console`; the lines stay in the isolate until the hook is over. */
export function installConsole(): Log {
  let lines = ''
  let size = 0
  let count = 0
  let truncated = false

  function keep(level: string, values: readonly unknown[]): void {
    if (truncated) return
    const room = limits.logText - size
    if (room <= 0 || count >= limits.logLines) {
      truncated = true
      return
    }
    const text = textOf(values, room)
    size += text.length
    count++
    lines += `${count === 1 ? '' : ','}{"level":"${level}","text":${quote(text)}}`
  }

  const console = {
    log: (...values: unknown[]) => keep('info', values),
    info: (...values: unknown[]) => keep('info', values),
    warn: (...values: unknown[]) => keep('warn', values),
    error: (...values: unknown[]) => keep('error', values),
    debug: (...values: unknown[]) => keep('debug', values),
  }
  defineProperty(globalThis, 'console', {
    value: console,
    writable: true,
    enumerable: false,
    configurable: true,
  })
  return { lines: () => lines, isTruncated: () => truncated }
}

function textOf(values: readonly unknown[], room: number): string {
  let text = ''
  for (let index = 0; index < values.length && text.length < room; index++) {
    text = `${text}${index === 0 ? '' : ' '}${bounded(show(values[index]), room)}`
  }
  return sliceText(text, 0, room)
}

/** Never throws; what the script's own `toJSON` does meanwhile is on the hook's clock. */
function show(value: unknown): string {
  if (typeof value === 'string') return value
  try {
    if (typeof value !== 'object' || value === null) return toText(value)
    const stack: unknown = getProperty(value, 'stack')
    if (typeof stack === 'string') return stack
    return (stringify(value) as string | undefined) ?? '[object]'
  } catch {
    return '[object]'
  }
}
