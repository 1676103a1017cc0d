import { describe, expect, test } from 'vitest'
import { openDialect, runScript } from './support.ts'

describe('dialect 5 cyclr_storage_*', () => {
  test('keeps texts under keys, and counts', async () => {
    const { content } = await runScript(`
      const before = cyclr_storage_get('page')
      cyclr_storage_set('page', 7)
      cyclr_storage_set('list', { a: [1] })
      return {
        before, page: cyclr_storage_get('page'), next: +cyclr_storage_get('page') + 1,
        list: JSON.parse(cyclr_storage_get('list')),
        up: cyclr_storage_increment('page', 2), one: cyclr_storage_increment('new'),
        down: cyclr_storage_decrement('page', 4), appended: cyclr_storage_append('log', 'a'),
        again: cyclr_storage_append('log', 'b'),
        keys: cyclr_storage_list_keys(), values: cyclr_storage_list_values(),
        deleted: [cyclr_storage_delete('log'), cyclr_storage_delete('log')],
        left: (cyclr_storage_delete_all(), cyclr_storage_list_keys()),
      }`)
    expect(content).toEqual({
      before: null,
      page: '7',
      next: 8,
      list: { a: [1] },
      up: 9,
      one: 1,
      down: 5,
      appended: 'a',
      again: 'ab',
      keys: ['list', 'log', 'new', 'page'],
      values: ['{"a":[1]}', 'ab', '1', '5'],
      deleted: [true, false],
      left: [],
    })
  })

  test('lasts from call to call, for every method of the connector, and for one tenant', async () => {
    await using dialect = await openDialect({
      write: "cyclr_storage_set('k', cyclr_account_id); cycle_storage_set('k', 'of the cycle')",
      read: "return [cyclr_storage_get('k'), cyclr_storage_list_values()]",
    })
    await dialect.run('write', { cycle: { id: 'one' } })
    expect((await dialect.run('read')).content).toEqual(['acme-inc', ['acme-inc']])
    expect((await dialect.run('read', { tenant: 'other' })).content).toEqual([null, []])
  })

  test('loses no increment and no append of calls that run at the same time', async () => {
    await using dialect = await openDialect({
      work: "cyclr_storage_increment('n', 2); cyclr_storage_append('t', 'x')",
      read: "return [cyclr_storage_get('n'), cyclr_storage_get('t').length]",
    })
    await dialect.run('read')
    await Promise.all(Array.from({ length: 20 }, () => dialect.run('work')))
    expect((await dialect.run('read')).content).toEqual(['40', 20])
  })

  test.each([
    ["cyclr_storage_set('', 1)", 'cyclr_storage_set: A storage key has 1 to 128 characters'],
    ["cyclr_storage_set('k', 'x'.repeat(70000))", 'is longer than 65536 characters'],
    ["cyclr_storage_increment('k', 'many')", 'cyclr_storage_increment: the amount is not a number'],
    ["cyclr_storage_append('k', 'x'), cyclr_storage_increment('k', 1)", 'no number to count with'],
    ["cycle_storage_get('k')", 'cycle_storage_get: the call belongs to no cycle'],
    ["cyclr_storage_set('k', script_parameters.Password)", 'a secret cannot be stored'],
  ])('refuses %s in plain words', async (code, message) => {
    const { outcome } = await runScript(`return (${code})`, { Password: 'a-password' })
    expect(outcome).toMatchObject({ failure: { message: expect.stringContaining(message) } })
  })
})

test('dialect 5 cycle_storage_* is of one cycle, beside what the connector shares', async () => {
  await using dialect = await openDialect({
    write: "cycle_storage_set('k', cycle_id); cyclr_storage_set('k', 'shared'); return 1",
    read: "return [cycle_storage_get('k'), cyclr_storage_get('k'), cycle_storage_list_keys()]",
  })
  const cycle = { id: 'cycle-1' }
  await dialect.run('write', { cycle })
  expect((await dialect.run('read', { cycle })).content).toEqual(['cycle-1', 'shared', ['k']])
  const another = await dialect.run('read', { cycle: { id: 'cycle-2' } })
  expect(another.content).toEqual([null, 'shared', []])
})
