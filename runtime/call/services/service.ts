import type { Json } from '../../model/json.ts'
import type { Trip } from '../attempt.ts'

/** One thing that scripts may ask the host for. It checks its argument: a stranger wrote it. */
export type Service = (trip: Trip, argument: Json, signal: AbortSignal) => Promise<Json>
