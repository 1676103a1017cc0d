import { randomBytes } from 'node:crypto'
import { isJsonObject } from '../../model/json.ts'
import type { Service } from './service.ts'

const mostBytes = 65_536

/** Random bytes in hexadecimal, for the salts of `CryptoJS`: the guest has no good source. */
export const random: Service = async (_trip, argument) => {
  const { bytes } = isJsonObject(argument) ? argument : {}
  if (typeof bytes !== 'number' || !Number.isInteger(bytes) || bytes < 1 || bytes > mostBytes) {
    throw new Error(`random takes a number of bytes, from 1 to ${mostBytes}`)
  }
  return randomBytes(bytes).toString('hex')
}
