import type { StepName } from '../../runtime/store/backend.ts'

/** Where in a renewal a process is killed: at a change of the store, or at a request. */
export type Death = {
  readonly name: string
  readonly when: 'before' | 'after'
  readonly at: Extract<StepName, 'announce' | 'answer' | 'commit'> | 'token request' | 'replay'
  /** The vendor has rotated by then, and its answer is in nobody's hands. */
  readonly losesAnswer?: true
}

/** Every step of a renewal, in its order. The lease and the announcement are one change. */
export const deaths: readonly Death[] = [
  { name: 'before the lease', when: 'before', at: 'announce' },
  { name: 'after the lease', when: 'after', at: 'announce' },
  { name: 'before sending', when: 'before', at: 'token request' },
  { name: 'after the answer came', when: 'after', at: 'token request', losesAnswer: true },
  { name: 'before the answer is written', when: 'before', at: 'answer', losesAnswer: true },
  { name: 'after the answer was written', when: 'after', at: 'answer' },
  { name: 'before the commit', when: 'before', at: 'commit' },
  { name: 'after the commit', when: 'after', at: 'commit' },
  { name: 'before the replay', when: 'before', at: 'replay' },
]
