/** The answer to all that a call sends: its pieces, their pages, and the hooks over them. */
import type { Json } from '../model/json.ts'
import type { Trip } from './attempt.ts'
import type { Ending } from './conclude.ts'
import { type Execution, fullBudget } from './execution.ts'
import { joinPages } from './gathered.ts'
import type { Whole } from './globals.ts'
import { type Piece, piecesOf, type ReadOptions, readPages, renewed } from './pages.ts'
import { demandRoom } from './room.ts'
import { actionCondition, afterActionPaging } from './whole.ts'

/** What came, its status, and the trip that brought the last of it. */
type Answer = Whole & { readonly status: number; readonly trip: Trip }
type Ended = { readonly ended: Ending }

/** Sends everything, and again where `action_condition` found that the credential had died. */
export async function answerUntilSettled(execution: Execution): Promise<Ending> {
  const pieces = await piecesOf(execution)
  const atEnd = { ...execution, renewals: fullBudget() }
  for (let cause: ReadOptions['cause'] = 'first'; ; cause = 'replay') {
    const answer = await answerPieces(execution, pieces, cause)
    if ('ended' in answer) return answer.ended
    const made = await actionCondition({ ...answer.trip, execution: atEnd }, answer)
    if ('value' in made) return accepted(answer, made.value)
    if (made.verdict.kind !== 'recover') return made.verdict
    await renewed(atEnd, made.verdict, answer.trip.credential)
  }
}

async function answerPieces(
  execution: Execution,
  pieces: readonly Piece[],
  cause: ReadOptions['cause'],
): Promise<Answer | Ended> {
  const contents: Json[] = []
  for (;;) {
    const piece = pieces[contents.length] ?? null
    const answer = await answerPiece(execution, { piece, cause })
    if ('ended' in answer) return answer
    contents.push(answer.content)
    if (contents.length >= pieces.length) {
      return { ...answer, content: joinPages(contents, execution.call.method.paging) }
    }
  }
}

/** One piece is answered when the hook over its pages is content with their credential. */
async function answerPiece(execution: Execution, options: ReadOptions): Promise<Answer | Ended> {
  const atEnd = { ...execution, renewals: fullBudget() }
  for (let { cause } = options; ; cause = 'replay') {
    const answer = await gatherPages(execution, { ...options, cause })
    if ('ended' in answer) return answer
    const made = await afterActionPaging({ ...answer.trip, execution: atEnd }, answer)
    if ('value' in made) return { ...answer, content: made.value }
    if (made.verdict.kind !== 'recover') return { ended: made.verdict }
    await renewed(atEnd, made.verdict, answer.trip.credential)
  }
}

async function gatherPages(execution: Execution, options: ReadOptions): Promise<Answer | Ended> {
  const pages: Json[] = []
  let last: Omit<Answer, 'content'> | null = null
  for await (const { verdict, trip } of readPages(execution, options)) {
    if (verdict.kind !== 'accept') return { ended: verdict }
    demandRoom(execution, pages.length)
    pages.push(verdict.content)
    last = { trip, status: verdict.status, headers: verdict.head?.headers ?? {} }
  }
  if (!last) throw new TypeError('an answer has at least one page')
  return { ...last, content: joinPages(pages, execution.call.method.paging) }
}

function accepted({ content, status }: Answer, exit: boolean | null): Ending {
  return { kind: 'accept', content, status, ...(exit === null ? {} : { exit }) }
}
