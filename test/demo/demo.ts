/**
 * `npm run demo`: real servers on loopback, the connectors of this folder, and the command line in
 * processes of its own. Credentials die between two calls; the servers' own counters judge what
 * happened. Ends with 0 if all of it did, else with 1.
 */
import { exitCodeOf, type Finding, judge, judgeExit } from './judge.ts'
import { printCommand, printDeath, printOpening, printScene, printTable } from './print.ts'
import { type Scene, scenes } from './scenes.ts'
import { type Stage, setStage } from './stage.ts'

async function play(): Promise<0 | 1> {
  await using stage = await setStage()
  printOpening(stage.settings)

  const findings: Finding[] = []
  const begun = new Set<string>()
  for (const [index, scene] of scenes.entries()) {
    printScene(index + 1, scene)
    const label = `${index + 1}`
    if (!begun.has(scene.connection)) findings.push(...(await begin(stage, scene, label)))
    begun.add(scene.connection)
    findings.push(...(await playScene(stage, scene, label)))
  }
  printTable(scenes, findings)
  return exitCodeOf(findings)
}

/** Imports the connection and shows that it works. */
async function begin(stage: Stage, scene: Scene, label: string): Promise<readonly Finding[]> {
  const { connection, connector } = scene
  const words = ['connections', 'import', connection, '--connector', connector, '--file', '-']
  const input = JSON.stringify(await scene.credential(stage))
  const imported = await stage.hookline(words, { input })
  printCommand(words, imported.output)
  return [
    judgeExit(label, 'connections import', imported.code),
    await call(stage, scene, { words: scene.warmUp, label }),
  ]
}

async function playScene(stage: Stage, scene: Scene, label: string): Promise<readonly Finding[]> {
  const before = stage.counters()
  scene.kill(stage)
  printDeath(scene)
  const exits = await Promise.all(scene.calls.map((words) => call(stage, scene, { words, label })))
  return [...exits, ...judge(label, scene.expected, { before, after: stage.counters() })]
}

async function call(
  stage: Stage,
  scene: Scene,
  asked: { readonly words: readonly string[]; readonly label: string },
): Promise<Finding> {
  const words = ['run', scene.connector, ...asked.words, '-c', scene.connection, '--explain']
  const finished = await stage.hookline(words)
  printCommand(words, finished.output)
  return judgeExit(asked.label, `run ${asked.words[0]}`, finished.code)
}

process.exitCode = await play()
