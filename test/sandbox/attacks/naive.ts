import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Attack, readCorpus } from './corpus.ts'

const host = fileURLToPath(new URL('./naive-host.ts', import.meta.url))
const token = 'canary-token-of-the-naive-host'
const patienceMs = 4_000
const memoryMb = 600

/** What is tried at once: an attack, or the two halves of a pair. */
export function units(): readonly (readonly [string, readonly Attack[]])[] {
  const corpus = readCorpus()
  return corpus.flatMap((attack) => {
    if (attack.step === 'B') return []
    const other = corpus.find(({ pair, step }) => pair === attack.pair && step === 'B')
    const isPair = attack.pair !== null && other !== undefined
    return [[attack.pair ?? attack.id, isPair ? [attack, other] : [attack]] as const]
  })
}

/** Where nothing protects the host: how it shows that an attack does harm, or null where it does none. */
export async function harmOf(attacks: readonly Attack[]): Promise<string | null> {
  const [attack] = attacks
  const child = spawn(process.execPath, ['--no-warnings', '--allow-natives-syntax', host], {
    env: { TZ: 'Europe/Berlin', LANG: 'de_DE.UTF-8', SECRET_TOKEN: 'in-the-environment' },
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  let output = ''
  let kill: string | null = null
  child.stdout.on('data', (chunk: Buffer) => {
    if (output.length < 1e8) output += chunk.toString('latin1')
  })
  const end = (why: string): void => {
    kill ??= why
    child.kill('SIGKILL')
  }
  const late = setTimeout(() => end('it hung'), patienceMs)
  const watch = setInterval(() => {
    if (residentMb(child.pid ?? 0) > memoryMb) end('it took all memory')
  }, 50)
  const hook = attack?.hook === 'top-level' ? 'no_hook' : attack?.hook
  child.stdin.on('error', () => {})
  child.stdin.end(JSON.stringify({ sources: attacks.map(({ source }) => source), hook, token }))
  const code = await new Promise((resolve) => child.once('close', resolve))
  clearTimeout(late)
  clearInterval(watch)
  if (kill !== null) return kill
  if (code !== 0) return `the host died (${String(code)})`
  return harmIn(output)
}

type Report = {
  readonly log: readonly string[]
  readonly error: string
  readonly renewals: number
  readonly polluted: boolean
  readonly isChanged: boolean
  readonly output: string
  readonly blockedMs: number
}

function harmIn(text: string): string | null {
  if (!text.startsWith('{')) return 'it spoke for the host'
  const report = JSON.parse(text) as Report
  if (!Array.isArray(report.log)) return 'it spoke for the host'
  const { log, error, renewals, polluted, isChanged, output, blockedMs } = report
  const words = log.join('\n')
  const signs: readonly (readonly [string, boolean])[] = [
    [
      'it got out',
      /PWNED|AMBIENT|HOSTINFO (?!tz=UTC locale=en-US)|perf=(?!undefined)/.test(words + output),
    ],
    ['it saw a secret', words.includes(token)],
    ['it logged afterwards', log.some((line) => line.startsWith('late: '))],
    ['it flooded the log', words.length > 65_536 || log.length > 1_000],
    ['it forged a line', /[^\P{Cc}\t\n]|[\u2028-\u202e\u2066-\u2069]/u.test(words + error)],
    ['its error is a flood', error.length > 8_192],
    ['its output is a flood', output.length > 4_194_304],
    ['it polluted the host', polluted],
    ['it was renewed without end', renewals > 1],
    ['its request went out', isChanged],
    ['it named files of the host', error.includes(import.meta.dirname)],
    ['it collided with another script', error.includes('already been declared')],
    ['it stopped the host', blockedMs > 250],
  ]
  return signs.find(([, shows]) => shows)?.[0] ?? null
}

function residentMb(pid: number): number {
  try {
    const line = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
    return Number(line?.[1] ?? 0) / 1024
  } catch {
    return 0
  }
}
