import { styleText } from 'node:util'
import type { Settings } from './command-line.ts'
import type { Finding } from './judge.ts'
import type { Scene } from './scenes.ts'

/** What the spectator sees first, and what to export to type the commands by hand. */
export function printOpening(settings: Settings): void {
  say(styleText('bold', 'Credentials that die between two calls'))
  say(`
An OAuth server with rotating refresh tokens, an API behind it and an API with sessions run on
this machine. Each command below is a process of its own, with
`)
  for (const [name, value] of Object.entries(settings)) say(`   ${name}=${value}`)
}

export function printScene(number: number, scene: Scene): void {
  say(`\n${styleText('bold', `${number}  ${scene.title}`)}`)
  for (const line of scene.caption) say(styleText('dim', `   ${line}`))
}

export function printDeath(scene: Scene): void {
  say(`\n   ${styleText('yellow', scene.death)}`)
}

/** A command, and what it printed, moved in a little. */
export function printCommand(words: readonly string[], output: string): void {
  say(`\n   ${styleText('cyan', `$ hookline ${words.join(' ')}`)}`)
  for (const line of output.split('\n')) say(`   ${line}`)
}

/** What had to happen in each scene and what the servers counted, then each thing that went wrong. */
export function printTable(scenes: readonly Scene[], findings: readonly Finding[]): void {
  say(`\n${styleText('bold', 'What the servers counted after the credential had died')}\n`)
  const counters = findings.filter(({ what }) => !what.startsWith('exit code'))
  const columns = [...new Set(counters.map(({ what }) => what))]
  say(`${' '.repeat(15)}${columns.map((name) => cell(name, name)).join('')}`)
  for (const [index, scene] of scenes.entries()) {
    const row = counters.filter((finding) => finding.scene === `${index + 1}`)
    say(`\n ${index + 1}  ${scene.title}`)
    say(`    expected   ${row.map(({ what, expected }) => cell(expected, what)).join('')}`)
    say(`    counted    ${row.map(({ what, counted }) => cell(`${counted}`, what)).join('')}`)
  }
  say('')
  const wrong = findings.filter(({ holds }) => !holds)
  for (const { scene, what, expected, counted } of wrong) {
    say(styleText('red', `Scene ${scene}: ${what}: expected ${expected}, counted ${counted}`))
  }
  say(wrong.length === 0 ? styleText('green', 'Everything happened as it must.') : '')
}

function cell(text: string, column: string): string {
  return text.padStart(Math.max(column.length, 8)).padEnd(Math.max(column.length, 8) + 3)
}

function say(line: string): void {
  process.stdout.write(`${line.trimEnd()}\n`)
}
