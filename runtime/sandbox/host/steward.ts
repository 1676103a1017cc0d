import { type ChildProcessByStdio, spawn } from 'node:child_process'
import type { Socket } from 'node:net'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'

/**
 * A shell at the broker's side, for two things that the broker cannot do well itself.
 *
 * It ends the sandbox processes of a broker that was killed. A process notices that its broker is gone
 * when it reads from its pipe; one that a script keeps busy does not read, and would burn a core until
 * its CPU limit. The system's own means (`PR_SET_PDEATHSIG`) ends with the change of user.
 *
 * It starts small programs. Each start copies the page tables of who asks for it, which stops a broker
 * for milliseconds, and everybody's calls with it; the shell is small.
 */
export type Steward = {
  /** From now on this process must not outlive the broker. */
  watch(pid: number): void
  /** It is gone; its number may become somebody else's. */
  forget(pid: number): void
  /** Sets both the soft and the hard limits, by their names of prlimit(1); rejects if it cannot. */
  limit(pid: number, limits: Readonly<Record<string, number>>): Promise<void>
  close(): void
}

/**
 * Keeps a list, by what it reads, and kills all that is on it when the other end of the pipe closes.
 * An answer that nobody reads any more must not be its own end.
 */
const script = `
trap '' PIPE
pids=
without() {
  rest=
  for each in $pids; do [ "$each" = "$1" ] || rest="$rest $each"; done
  pids=$rest
}
while read -r verb pid words; do
  case $verb in
    watch) without "$pid"; pids="$pids $pid" ;;
    forget) without "$pid" ;;
    limit) prlimit "--pid=$pid" $words </dev/null >/dev/null 2>&1; echo "$?" ;;
  esac
done
for each in $pids; do kill -9 "$each"; done
`

type Shell = ChildProcessByStdio<Writable, Readable, null>

type Asked = { readonly resolve: () => void; readonly reject: (error: Error) => void }

/** Where the system has no shell, nobody watches, and nothing can be limited. */
export function openSteward(): Steward {
  return new ShellSteward()
}

class ShellSteward implements Steward {
  /** Told to each new shell: one that was killed must not be missed. */
  readonly #watched = new Set<number>()
  #shell: Shell | null = null
  /** What the present shell was asked, in that order; it answers in the same. */
  #asked: Asked[] = []
  #isClosed = false

  watch(pid: number): void {
    this.#watched.add(pid)
    this.#say(`watch ${pid}`)
  }

  forget(pid: number): void {
    this.#watched.delete(pid)
    this.#say(`forget ${pid}`)
  }

  limit(pid: number, limits: Readonly<Record<string, number>>): Promise<void> {
    const words = Object.entries(limits).map(([name, value]) => `--${name}=${value}:${value}`)
    if (this.#isClosed) return Promise.reject(new Error('the steward is closed'))
    return new Promise((resolve, reject) => {
      this.#say(`limit ${pid} ${words.join(' ')}`)
      this.#asked.push({ resolve, reject })
    })
  }

  close(): void {
    this.#isClosed = true
    this.#shell?.stdin.end()
  }

  #say(line: string): void {
    if (this.#isClosed) return
    this.#shell ??= this.#open()
    this.#shell.stdin.write(`${line}\n`)
  }

  #open(): Shell {
    const shell = spawn('/bin/sh', ['-c', script], {
      cwd: '/',
      env: { PATH: process.env.PATH },
      stdio: ['pipe', 'pipe', 'ignore'],
      // A Ctrl-C is for the broker alone.
      detached: true,
    })
    const asked: Asked[] = []
    const end = (): void => {
      if (this.#shell === shell) this.#shell = null
      for (const { reject } of asked.splice(0)) reject(new Error('the shell beside us ended'))
    }
    shell.once('error', end)
    shell.once('exit', end)
    shell.stdin.on('error', () => {})
    createInterface({ input: shell.stdout }).on('line', (status) => {
      const next = asked.shift()
      if (status === '0') next?.resolve()
      else next?.reject(new Error(`prlimit ended with status ${status}`))
    })
    letGo(shell)
    this.#asked = asked
    for (const pid of this.#watched) shell.stdin.write(`watch ${pid}\n`)
    return shell
  }
}

/** It must not keep the broker alive, whose end it waits for. */
function letGo(shell: Shell): void {
  shell.unref()
  for (const stream of [shell.stdin, shell.stdout]) (stream as Socket).unref()
}
