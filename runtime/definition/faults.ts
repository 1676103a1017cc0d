import { CallFailure } from '../model/failure.ts'

/** One thing that is wrong, or doubtful, in a connector file. */
export type DefinitionFault = {
  /** Relative to the connector's folder. */
  readonly file: string
  /** Both count from 1. */
  readonly line: number
  readonly column: number
  /** `methods.list.verb`, `methods["contacts.get"].path`; empty for the file as a whole. */
  readonly path: string
  readonly message: string
  /** What would be right, where a shape says it: `one of GET, POST`. */
  readonly expected: string | null
}

/** A connector that cannot be used. Carries every fault that was found, in the file's order. */
export class DefinitionError extends CallFailure {
  readonly faults: readonly DefinitionFault[]

  constructor(faults: readonly DefinitionFault[]) {
    super('DefinitionInvalid', faults.map(printFault).join('\n'), positionOf(faults[0]))
    this.faults = faults
  }
}

/** `connector.yaml:12:5 methods.list.verb: expected one of GET, POST; got "FETCH"`. */
export function printFault(fault: DefinitionFault): string {
  const place = `${fault.file}:${fault.line}:${fault.column}`
  return `${place}${fault.path === '' ? '' : ` ${fault.path}`}: ${fault.message}`
}

export type Path = readonly (string | number)[]

/** A path as the author would write it. */
export function printPath(path: Path): string {
  return path.reduce<string>((text, segment) => {
    if (typeof segment === 'number') return `${text}[${segment}]`
    if (!/^[\w$-]+$/.test(segment)) return `${text}[${JSON.stringify(segment)}]`
    return text === '' ? segment : `${text}.${segment}`
  }, '')
}

/** A text of the file as faults quote it: short, on one line. */
export function quote(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}

/** More than a person reads of one file; each costs a search for its place. */
const most = 100

/** Collects what is wrong while a file is read, so that its author hears all of it at once. */
export class Findings {
  readonly faults: DefinitionFault[] = []
  readonly warnings: DefinitionFault[] = []
  readonly #file: string
  readonly #positionOf: (path: Path) => Position

  constructor(file: string, positionOfPath: (path: Path) => Position) {
    this.#file = file
    this.#positionOf = positionOfPath
  }

  fault(path: Path, message: string, expected: string | null = null): void {
    if (this.faults.length < most) this.faults.push(this.#finding(path, message, expected))
  }

  warn(path: Path, message: string): void {
    if (this.warnings.length < most) this.warnings.push(this.#finding(path, message, null))
  }

  #finding(path: Path, message: string, expected: string | null): DefinitionFault {
    const { line, column } = this.#positionOf(path)
    return { file: this.#file, line, column, path: printPath(path), message, expected }
  }
}

export type Position = { readonly line: number; readonly column: number }

function positionOf(fault: DefinitionFault | undefined): { position?: string } {
  return fault ? { position: `${fault.file}:${fault.line}:${fault.column}` } : {}
}
