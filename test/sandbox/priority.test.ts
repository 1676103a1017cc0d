import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { getPriority } from 'node:os'
import { describe, expect, test } from 'vitest'
import { lowerPriority, restorePriority } from '../../runtime/sandbox/host/priority.ts'

const isRoot = process.getuid?.() === 0

/** Of its session towards others, null where the system does not group by session. */
function groupOf(pid: number): string | null {
  try {
    return readFileSync(`/proc/${pid}/autogroup`, 'utf8').split(' ').slice(1).join(' ').trim()
  } catch {
    return null
  }
}

describe.runIf(process.platform === 'linux')('lowerPriority()', () => {
  test('holds for the process, and for its session towards others', async () => {
    const child = spawn('sleep', ['60'], { detached: true })
    const pid = child.pid ?? 0
    try {
      const hasGroups = groupOf(pid) !== null
      lowerPriority(pid)
      expect([getPriority(pid), groupOf(pid)]).toEqual([10, hasGroups ? 'nice 10' : null])
      expect(restorePriority(pid)).toBe(isRoot)
      if (isRoot) {
        expect([getPriority(pid), groupOf(pid)]).toEqual([0, hasGroups ? 'nice 0' : null])
      }
    } finally {
      child.kill()
    }
  })

  test('does nothing to a process that is gone', () => {
    expect(() => lowerPriority(2 ** 30)).not.toThrow()
    expect(restorePriority(2 ** 30)).toBe(false)
  })
})
