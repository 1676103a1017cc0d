/** A peer: a process for each call, with no isolate in it at all. */
process.once('message', (text: string) => {
  const value = JSON.parse(text) as { n: number }
  value.n++
  process.send?.(JSON.stringify(value), () => process.disconnect())
})
