#!/usr/bin/env node
/**
 * The command. It imports nothing by itself, so that a Node that is too old says so, instead of
 * stumbling over the syntax of the first module.
 */
const floor = { major: 24, minor: 15 }
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

if (major < floor.major || (major === floor.major && minor < floor.minor)) {
  const needed = `${floor.major}.${floor.minor}`
  process.stderr.write(
    `hookline: This is Node ${process.versions.node}, and Hookline needs ${needed} or newer: https://nodejs.org\n`,
  )
  process.exitCode = 2
} else {
  const { main } = await import('./main.ts')
  process.exitCode = await main(process.argv.slice(2))
}
