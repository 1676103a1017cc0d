import { setTimeout as wait } from 'node:timers/promises'

/** Milliseconds, sorted. */
export type Sample = readonly number[]

export function quantile(sample: Sample, part: number): number {
  return sample[Math.min(sample.length - 1, Math.floor(sample.length * part))] ?? Number.NaN
}

export const median = (sample: Sample): number => quantile(sample, 0.5)

/** Does it again and again, one at a time, each beginning `paceMs` after the one before it. */
export async function paced(
  count: number,
  paceMs: number,
  act: () => Promise<unknown>,
): Promise<Sample> {
  const times: number[] = []
  for (let index = 0; index < count; index++) {
    const began = performance.now()
    await act()
    const took = performance.now() - began
    times.push(took)
    if (took < paceMs) await wait(paceMs - took)
  }
  return times.toSorted((one, other) => one - other)
}

/** Two things in turn, so that whatever else the machine does befalls both alike. */
export async function interleaved(
  rounds: number,
  first: () => Promise<Sample>,
  second: () => Promise<Sample>,
): Promise<readonly [Sample, Sample]> {
  const samples: [number[], number[]] = [[], []]
  for (let round = 0; round < rounds; round++) {
    samples[0].push(...(await first()))
    samples[1].push(...(await second()))
  }
  const sort = (times: number[]) => times.toSorted((one, other) => one - other)
  return [sort(samples[0]), sort(samples[1])]
}

/** How many a second, with so many under way at a time. */
export async function rate(
  count: number,
  atATime: number,
  act: (index: number) => Promise<unknown>,
): Promise<number> {
  let next = 0
  const began = performance.now()
  const lane = async (): Promise<void> => {
    while (next < count) await act(next++)
  }
  await Promise.all(Array.from({ length: atATime }, lane))
  return (count * 1000) / (performance.now() - began)
}
