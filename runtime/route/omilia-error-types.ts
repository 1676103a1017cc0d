/**
 * The error types that Omilia's documentation names, as data: lists written for that platform stay
 * valid here. Nothing in this runtime raises them. (Its full list is longer than what is published.)
 */
export const omiliaErrorTypes: readonly string[] = [
  'AgentRequest',
  'CallBack',
  'ContinuousLowConfRejections',
  'ContinuousNoInputs',
  'ContinuousNoMatches',
  'ContinuousSameStateEvents',
  'InfoAsked_NotAvailable',
  'LowConfRejections',
  'MaxAgentRequests',
  'MaxContinuousAgentRequests',
  'MaxContinuousLowConfRejections',
  'MaxContinuousNoInputs',
  'MaxContinuousNoMatches',
  'MaxContinuousSameStateEvents',
  'MaxDisconfirmations',
  'MaxDtmfInputs',
  'MaxGlobalErrors',
  'MaxHoldRequests',
  'MaxLowConfRejections',
  'MaxNoInputs',
  'MaxNoMatches',
  'MaxSameStateEvents',
  'MaxWrongInputs',
  'NoInput',
  'NoMatches',
  'SameStateEvents',
  'StartOver',
  'getMiniAppError',
]
