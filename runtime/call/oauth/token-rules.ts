import { randomBytes } from 'node:crypto'
import type { RawTokenAnswer } from '../../auth/oauth.ts'
import { Placeholders } from '../../auth/placeholders.ts'
import { contentOf } from '../../auth/token-answer.ts'
import type { OAuth2Scheme } from '../../model/connector.ts'
import { CallFailure } from '../../model/failure.ts'
import { matchRules } from '../../rules/match.ts'
import { concealAnswer } from './conceal.ts'

/**
 * What the rules of `auth.errors` make of a token answer, before any hook sees it; null where none
 * matches. InvalidCredential (reason `invalid_grant`) where the rule says that the credential is
 * dead, else AuthRefreshFailed (reason `rule`). Of the headers, rules see `content-type` only, and in
 * place of tokens something that is not empty.
 */
export function refusedByRule(
  answer: RawTokenAnswer,
  { errors, answer: paths }: Pick<OAuth2Scheme, 'errors' | 'answer'>,
): CallFailure | null {
  if (errors.length === 0) return null
  const { status, contentType } = answer
  const placeholders = new Placeholders(() => randomBytes(16).toString('hex'), false)
  const content = concealAnswer(contentOf(answer) ?? answer.body, paths, placeholders)
  const response = { status, headers: { 'content-type': contentType }, content }
  const match = matchRules({ method: errors, connector: [] }, response)
  if (match === null) return null
  const isDead = match.type === 'InvalidCredential'
  return new CallFailure(
    isDead ? 'InvalidCredential' : 'AuthRefreshFailed',
    placeholders.redact(match.message),
    { reason: isDead ? 'invalid_grant' : 'rule', httpCode: status, blockIndex: match.index },
  )
}
