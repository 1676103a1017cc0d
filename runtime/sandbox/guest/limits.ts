import type { limits as agreed } from '../protocol.ts'

/** The limits of `protocol.ts`: repeated, since nothing of it enters the guest but its types. */
export const limits: typeof agreed = {
  readBack: 4_194_304,
  record: 12_582_912,
  argument: 4_194_304,
  errorText: 8_192,
  logText: 65_536,
  logLines: 1_000,
  warnings: 20,
  depth: 64,
  positions: 32,
  asks: 100,
  frame: 16_777_216,
}
