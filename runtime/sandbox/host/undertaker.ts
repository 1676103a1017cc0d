import { type ChildProcess, spawn } from 'node:child_process'

/**
 * Ends the sandbox processes of a broker that was killed itself. A process notices that its broker is
 * gone when it reads from its pipe; one that a script keeps busy does not read, and would burn a core
 * until its CPU limit. The system's own means (`PR_SET_PDEATHSIG`) ends with the change of user.
 */
export type Undertaker = {
  /** From now on this process must not outlive the broker. */
  watch(pid: number): void
  /** It is gone; its number may become somebody else's. */
  forget(pid: number): void
  close(): void
}

/** Keeps a list, by what it reads, and kills all that is on it when the other end of the pipe closes. */
const script = `
pids=
while read -r verb pid; do
  rest=
  for each in $pids; do [ "$each" = "$pid" ] || rest="$rest $each"; done
  pids=$rest
  [ "$verb" = watch ] && pids="$pids $pid"
done
for each in $pids; do kill -9 "$each"; done
`

/** Where the system has no shell, nobody watches. */
export function openUndertaker(): Undertaker {
  const shell = spawn('/bin/sh', ['-c', script], {
    cwd: '/',
    env: {},
    stdio: ['pipe', 'ignore', 'ignore'],
    // A Ctrl-C is for the broker alone.
    detached: true,
  })
  shell.on('error', () => {})
  shell.stdin.on('error', () => {})
  letGo(shell)
  const say = (verb: 'watch' | 'forget', pid: number): void => {
    if (shell.stdin.writable) shell.stdin.write(`${verb} ${pid}\n`)
  }
  return {
    watch: (pid) => say('watch', pid),
    forget: (pid) => say('forget', pid),
    close: () => void shell.stdin.end(),
  }
}

/** It must not keep the broker alive, whose end it waits for. */
function letGo(shell: ChildProcess): void {
  shell.unref()
  if (shell.stdin !== null && 'unref' in shell.stdin) (shell.stdin as { unref(): void }).unref()
}
