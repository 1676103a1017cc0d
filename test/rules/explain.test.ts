import { expect, test } from 'vitest'
import type { ErrorRule } from '../../runtime/model/connector.ts'
import { explainRules } from '../../runtime/rules/explain.ts'
import { matchRules } from '../../runtime/rules/match.ts'

const expired: ErrorRule = {
  type: 'ExpiredToken',
  message: 'over',
  renew: null,
  filter: { all: [{ path: 'headers.http-code', operator: 'equal', value: 401 }] },
}

const either: ErrorRule = {
  type: 'Default',
  message: '{{ data.error }}',
  renew: null,
  filter: {
    any: [
      { path: 'data.missing', operator: 'exists' },
      { all: [{ path: 'data.error', operator: 'exists' }] },
    ],
  },
}

const hollow: ErrorRule = { type: 'Default', message: '', renew: null, filter: { all: [] } }

test('explainRules() shows each condition, its value and its verdict', () => {
  const response = { status: 400, headers: {}, content: { error: 'broken' } }
  const lists = { method: [expired], connector: [either, either, hollow] }
  const explained = explainRules(lists, response)
  const filter = {
    joiner: 'any',
    holds: true,
    members: [
      {
        condition: { path: 'data.missing', operator: 'exists' },
        found: undefined,
        holds: false,
      },
      {
        joiner: 'all',
        holds: true,
        members: [
          {
            condition: { path: 'data.error', operator: 'exists' },
            found: 'broken',
            holds: true,
          },
        ],
      },
    ],
  }
  const matching = { type: 'Default', matches: true, message: 'broken', filter }
  expect(explained).toEqual([
    {
      level: 'method',
      index: 0,
      type: 'ExpiredToken',
      matches: false,
      decides: false,
      message: null,
      filter: {
        joiner: 'all',
        holds: false,
        members: [
          {
            condition: { path: 'headers.http-code', operator: 'equal', value: 401 },
            found: 400,
            holds: false,
          },
        ],
      },
    },
    { level: 'connector', index: 0, decides: true, ...matching },
    { level: 'connector', index: 1, decides: false, ...matching },
    {
      level: 'connector',
      index: 2,
      type: 'Default',
      matches: false,
      decides: false,
      message: null,
      filter: { joiner: 'all', holds: false, members: [] },
    },
  ])
})

test('explainRules() comes to the verdict of matchRules()', () => {
  const lists = { method: [expired], connector: [either] }
  for (const response of [
    { status: 401, headers: {}, content: { error: 'e' } },
    { status: 400, headers: {}, content: { error: 'e' } },
    { status: 400, headers: {}, content: {} },
  ]) {
    const match = matchRules(lists, response)
    const decider = explainRules(lists, response).find(({ decides }) => decides)
    expect(decider?.level).toBe(match?.level)
    expect(decider?.message).toBe(match?.message)
  }
})

test('explainRules() holds every member of an `all` to it, and one of an `any`', () => {
  const there = { path: 'data.error', operator: 'exists' } as const
  const absent = { path: 'data.missing', operator: 'exists' } as const
  const of = (filter: ErrorRule['filter']): ErrorRule => ({ ...either, filter })
  const connector = [of({ all: [there, absent] }), of({ any: [there, absent] })]
  const response = { status: 200, headers: {}, content: { error: 'broken' } }
  const explained = explainRules({ method: [], connector }, response)
  expect(explained.map(({ matches, filter }) => [matches, filter.holds])).toEqual([
    [false, false],
    [true, true],
  ])
})
