import { describe, expect, test } from 'vitest'
import { encodeFrame, type Frame } from '../../runtime/sandbox/frame.ts'
import { createFrameReader } from '../../runtime/sandbox/host/frame-reader.ts'

function reader() {
  const frames: Frame[] = []
  return { frames, read: createFrameReader((frame) => frames.push(frame)) }
}

function frameOf(header: string): Buffer {
  const head = Buffer.from(header)
  const frame = Buffer.alloc(8 + head.length)
  frame.writeUInt32LE(4 + head.length, 0)
  frame.writeUInt32LE(head.length, 4)
  head.copy(frame, 8)
  return frame
}

describe('createFrameReader()', () => {
  const bytes = Buffer.concat([
    encodeFrame({ kind: 'a' }, ['ä€😀', '', 'x'.repeat(1000)]),
    encodeFrame({ kind: 'b' }, []),
  ])

  test.each([1, 3, 4, 7, 500, 10_000])('puts frames together from chunks of %s bytes', (size) => {
    const { frames, read } = reader()
    for (let at = 0; at < bytes.length; at += size) {
      expect(read(bytes.subarray(at, at + size))).toBe(true)
    }
    expect(frames.map(({ header }) => header.kind)).toEqual(['a', 'b'])
    expect(frames[0]?.texts).toEqual(['ä€😀', '', 'x'.repeat(1000)])
  })

  test.each([
    ['a frame of 4 GiB', Buffer.from([255, 255, 255, 255])],
    ['a header longer than its frame', Buffer.from([4, 0, 0, 0, 9, 0, 0, 0])],
    ['a frame too short for a header', Buffer.from([1, 0, 0, 0, 1])],
    ['a header that is no JSON', frameOf('{')],
    ['a header that is no object', frameOf('7')],
    ['sizes that are none', frameOf('{"sizes":[-1]}')],
    ['sizes beyond the frame', frameOf('{"sizes":[1]}')],
    ['sizes that are no list', frameOf('{"sizes":{"length":1}}')],
  ])('stops at %s, for good', (_what, nonsense) => {
    const { frames, read } = reader()
    expect(read(nonsense)).toBe(false)
    expect(read(encodeFrame({ kind: 'a' }, []))).toBe(false)
    expect(frames).toEqual([])
  })
})
