import { type Json, jsonDepth, parseJson } from '../../model/json.ts'
import type { Answer, HookJob } from '../../model/ports.ts'
import type { Frame } from '../frame.ts'
import { limits } from '../protocol.ts'

/** What one hook may ask its host for: bounded, counted, and never rejecting. */
export type Capabilities = {
  ask(frame: Frame): Promise<Answer>
  /** True once a request has left the sandbox: the hook must not be run again behind its back. */
  hasActed(): boolean
  /** Gives up what is still at work. */
  abort(): void
}

export function openCapabilities(job: HookJob, signal: AbortSignal): Capabilities {
  let over: AbortController | null = null
  let count = 0

  async function ask({ header, texts }: Frame): Promise<Answer> {
    const name = String(header.name)
    if (count >= limits.asks) {
      return refuse(`${name}: a hook may ask ${limits.asks} times, not more`)
    }
    const argument = readArgument(texts[0] ?? '')
    if (argument === undefined) return refuse(`${name}: the argument is no data, or too much of it`)
    count++
    over ??= new AbortController()
    try {
      return await job.capability(name, argument, AbortSignal.any([signal, over.signal]))
    } catch {
      return refuse(`${name}: the request was given up`)
    }
  }

  return { ask, hasActed: () => count > 0, abort: () => over?.abort() }
}

function refuse(message: string): Answer {
  return { ok: false, message }
}

function readArgument(text: string): Json | undefined {
  if (text.length > limits.argument || jsonDepth(text) > limits.depth) return undefined
  try {
    return parseJson(text)
  } catch {
    return undefined
  }
}
