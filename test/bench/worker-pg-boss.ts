/** What the worker is held against: pg-boss with the thinnest pump that keeps its slots full. */
import { PgBoss } from 'pg-boss'

const queue = 'bench'

export async function openBoss(address: string): Promise<PgBoss> {
  const boss = new PgBoss({ connectionString: address, max: 10, supervise: false, schedule: false })
  boss.on('error', () => {})
  await boss.start()
  await boss.createQueue(queue)
  return boss
}

export async function insertBoss(boss: PgBoss, count: number, data: object): Promise<void> {
  await boss.insert(
    queue,
    Array.from({ length: count }, () => ({ data })),
  )
}

/** Fetches as many as it has slots free; completes in batches, gathered for 3 ms. */
export async function pumpBoss(
  boss: PgBoss,
  concurrency: number,
  work: () => Promise<unknown>,
): Promise<never> {
  let running = 0
  let done: string[] = []
  let flushing = false
  let wake = Promise.withResolvers<void>()
  const flush = () => {
    if (flushing) return
    flushing = true
    setTimeout(async () => {
      while (done.length > 0) {
        const ids = done
        done = []
        await boss.complete(queue, ids)
        running -= ids.length
        wake.resolve()
      }
      flushing = false
    }, 3)
  }
  for (;;) {
    const free = concurrency - running
    const jobs = free > 0 ? await boss.fetch(queue, { batchSize: free }) : []
    running += jobs.length
    for (const { id } of jobs) {
      void work().then(() => {
        done.push(id)
        flush()
      })
    }
    if (jobs.length === 0) {
      await Promise.race([wake.promise, new Promise((resolve) => setTimeout(resolve, 500))])
      wake = Promise.withResolvers<void>()
    }
  }
}
