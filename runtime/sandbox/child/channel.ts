import { readSync, writeSync } from 'node:fs'
import { decodeFrame, encodeFrame, type Frame } from '../frame.ts'
import type { ToBroker } from '../protocol.ts'

/**
 * The two pipes to the broker, read and written with blocking calls. The sandbox process has no
 * event loop: nothing in it can run late, and a round trip costs a sixth of `fork`'s.
 */
export type Channel = {
  /** Blocks until the broker has written a whole frame. Ends the process when the broker is gone. */
  receive(): Frame
  send(message: ToBroker, texts?: readonly string[]): void
}

const input = 0
const output = 1

export function openChannel(): Channel {
  return {
    receive() {
      const size = readExactly(4).readUInt32LE(0)
      return decodeFrame(readExactly(size))
    },
    send(message, texts = []) {
      const frame = encodeFrame(message, texts)
      for (let at = 0; at < frame.length; ) at += writeSync(output, frame, at)
    },
  }
}

function readExactly(size: number): Buffer {
  const buffer = Buffer.allocUnsafe(size)
  for (let at = 0; at < size; ) {
    const count = readSync(input, buffer, at, size - at, null)
    if (count === 0) endProcess()
    at += count
  }
  return buffer
}

/** `process.exit` waits for isolates that a script keeps busy; this does not. */
export function endProcess(): never {
  process.kill(process.pid, 'SIGKILL')
  throw new Error('killed')
}
