import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { setTimeout } from 'node:timers/promises'
import { applicationId, migrations } from './migrations.ts'
import { isBusy, translate } from './sqlite-errors.ts'
import { type StatementName, statements } from './statements.ts'
import { StoreFailure } from './store-failure.ts'

export type Parameters = Record<string, SQLInputValue>

/** One open database: tries again while it is busy, and says what is wrong when it is broken. */
export class SqliteFile {
  readonly path: string
  readonly #patienceMs: number
  readonly #database: DatabaseSync
  readonly #prepared = new Map<StatementName, StatementSync>()

  constructor(path: string, patienceMs: number) {
    this.path = path
    this.#patienceMs = patienceMs
    this.#database = open(path)
  }

  /** The busy handler blocks the whole process, so it waits shortly and we go on waiting ourselves. */
  async run<Result>(work: () => Result): Promise<Result> {
    const deadline = performance.now() + this.#patienceMs
    for (let pause = 4; ; pause = Math.min(pause * 2, 100)) {
      try {
        return work()
      } catch (error) {
        if (!isBusy(error) || performance.now() > deadline) throw translate(error, this.path)
        await setTimeout(pause * (0.5 + Math.random()))
      }
    }
  }

  /** Everything that `work` does, or nothing. */
  atomically<Result>(work: () => Result): Result {
    this.#database.exec('BEGIN IMMEDIATE')
    try {
      const result = work()
      this.#database.exec('COMMIT')
      return result
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
      throw error
    }
  }

  statement(name: StatementName): StatementSync {
    const known = this.#prepared.get(name)
    if (known) return known
    const made = this.#database.prepare(statements[name])
    this.#prepared.set(name, made)
    return made
  }

  change(name: StatementName, parameters: Parameters): number {
    return Number(this.statement(name).run(parameters).changes)
  }

  all<Row>(name: StatementName, parameters: Parameters = {}): Row[] {
    return this.statement(name).all(parameters) as Row[]
  }

  /** Looks before it writes: a file that is not ours, or is newer, stays as it was. */
  async prepare(maximumPages: number | null): Promise<void> {
    await this.run(() => this.#database.exec('PRAGMA busy_timeout = 100'))
    await this.run(() => this.#checkOwner())
    await this.run(() => this.#database.exec('PRAGMA journal_mode = WAL'))
    await this.run(() =>
      this.#database.exec('PRAGMA synchronous = FULL; PRAGMA secure_delete = ON'),
    )
    if (maximumPages) await this.run(() => this.#number(`max_page_count = ${maximumPages}`))
    await this.run(() => this.#migrate())
  }

  #checkOwner(): void {
    const version = this.#number('user_version')
    const owner = this.#number('application_id')
    const tables = this.#database.prepare('SELECT count(*) AS count FROM sqlite_schema').get()
    if (owner !== applicationId && Number(tables?.count) > 0) {
      throw new StoreFailure(`The file ${this.path} is a database of another program`, {
        cure: 'Name another file for the store',
      })
    }
    if (version <= migrations.length) return
    throw new StoreFailure(
      `The store ${this.path} has schema ${version}; this version of Hookline knows ${migrations.length}`,
      { cure: 'Update Hookline, or put back the backup that was made before its last update' },
    )
  }

  #migrate(): void {
    if (this.#number('user_version') === migrations.length) return
    this.atomically(() => {
      for (const step of migrations.slice(this.#number('user_version'))) this.#database.exec(step)
      this.#database.exec(`PRAGMA application_id = ${applicationId}`)
      this.#database.exec(`PRAGMA user_version = ${migrations.length}`)
    })
  }

  #number(pragma: string): number {
    return Number(Object.values(this.#database.prepare(`PRAGMA ${pragma}`).get() ?? {})[0])
  }

  /** Rewrites the log into the file and empties it, so that nothing deleted is left in either. */
  async forgetDeleted(): Promise<void> {
    await this.run(() => {
      const { busy } = this.#database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get() ?? {}
      if (busy) throw Object.assign(new Error('the log is in use'), { errcode: 5 })
    })
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close()
  }
}

/** Makes the file itself, as SQLite would make it readable by everybody. */
function open(path: string): DatabaseSync {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    closeSync(openSync(path, 'a', 0o600))
    return new DatabaseSync(path, { timeout: 100 })
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code
    if (!reason?.startsWith('E') || reason.startsWith('ERR_')) throw translate(error, path)
    throw new StoreFailure(`The store ${path} cannot be opened for writing (${reason})`, {
      cure: 'Give this user write access to the file and to its folder, or name another file',
      cause: error,
    })
  }
}
