import { expect, test } from 'vitest'
import { nextLink } from '../../runtime/call/link-header.ts'

test.each([
  ['<https://a.example/?page=2>; rel="next"', 'https://a.example/?page=2'],
  ['<a>; rel="prev", <b>; rel=next', 'b'],
  ['<a>; title="x, <no>; rel=next"; rel=prev, <b?x=1,2>; foo; rel="last NEXT"', 'b?x=1,2'],
  ['<a>; rel="nextish"', null],
  ['', null],
  ['<a>; title=next', null],
  ['<a>;rel=next', 'a'],
  ['<a>  ;  rel  =  "next"', 'a'],
  ['<a>; rel="last  next"', 'a'],
  ['<a>; crossorigin; rel=next', 'a'],
  ['<a>; rel', null],
  ['<a>', null],
  ['a; rel=next', null],
])('nextLink() finds the target of rel=next in %s', (header, target) => {
  expect(nextLink(header)).toBe(target)
})

test('nextLink() is quick with a hostile header', () => {
  const began = performance.now()
  nextLink(`<a>${'; x="'.repeat(20_000)}`)
  nextLink('<'.repeat(50_000))
  nextLink(`<a>${' ;'.repeat(20_000)}`)
  expect(performance.now() - began).toBeLessThan(2_000)
})
