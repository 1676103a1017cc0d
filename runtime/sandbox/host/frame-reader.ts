import { decodeFrame, type Frame } from '../frame.ts'
import { limits } from '../protocol.ts'

/**
 * Puts the chunks of a pipe together into frames. The function it returns is false as soon as what
 * came is no frame, or a larger one than any honest process writes.
 */
export function createFrameReader(onFrame: (frame: Frame) => void): (chunk: Buffer) => boolean {
  let chunks: Buffer[] = []
  let size = 0
  let wanted: number | null = null
  let broken = false

  function join(): Buffer {
    const whole = chunks.length === 1 ? chunks[0] : undefined
    return whole ?? Buffer.concat(chunks, size)
  }

  function keep(rest: Buffer): void {
    chunks = rest.length === 0 ? [] : [rest]
    size = rest.length
  }

  function next(): Frame | null {
    if (wanted === null) {
      if (size < 4) return null
      const whole = join()
      wanted = whole.readUInt32LE(0)
      if (wanted > limits.frame) throw new RangeError('the frame is too large')
      keep(whole.subarray(4))
    }
    if (size < wanted) return null
    const whole = join()
    const frame = decodeFrame(whole.subarray(0, wanted))
    keep(whole.subarray(wanted))
    wanted = null
    return frame
  }

  return (chunk) => {
    if (broken) return false
    chunks.push(chunk)
    size += chunk.length
    try {
      for (let frame = next(); frame !== null; frame = next()) onFrame(frame)
    } catch {
      broken = true
    }
    return !broken
  }
}
