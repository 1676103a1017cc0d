import { describe, expect, test } from 'vitest'
import { proxyFor, systemProxy } from '../../runtime/http/proxy.ts'

describe('systemProxy()', () => {
  test('reads the three variables, lower case first', () => {
    const environment = {
      HTTP_PROXY: 'http://upper:1',
      http_proxy: 'http://lower:1',
      HTTPS_PROXY: 'http://upper:2',
      NO_PROXY: 'a.example, .b.example\tc.example',
    }
    expect(systemProxy(environment)).toEqual({
      http: 'http://lower:1',
      https: 'http://upper:2',
      except: ['a.example', '.b.example', 'c.example'],
    })
  })

  test('is null where no proxy is named', () => {
    expect(systemProxy({ NO_PROXY: '*', HTTP_PROXY: '' })).toBeNull()
    expect(systemProxy({ HTTPS_PROXY: 'http://p:1' })?.http).toBeNull()
  })
})

describe('proxyFor()', () => {
  const settings = (...except: string[]) => ({ http: 'http://p:1', https: 'http://p:2', except })
  const through = (url: string, ...except: string[]) => proxyFor(new URL(url), settings(...except))

  test('chooses by the scheme', () => {
    expect(through('http://a.example/')).toBe('http://p:1')
    expect(through('https://a.example/')).toBe('http://p:2')
    expect(proxyFor(new URL('http://a.example/'), { ...settings(), http: null })).toBeNull()
  })

  test.each([
    ['https://a.example/', '*'],
    ['https://a.example/', 'A.example'],
    ['https://x.a.example/', 'a.example'],
    ['https://a.example/', '.a.example'],
    ['https://x.a.example/', '*.a.example'],
    ['https://a.example/', 'a.example:443'],
    ['http://a.example/', 'a.example:80'],
    ['http://a.example:8080/', 'b.example', 'a.example:8080'],
    ['http://[::1]/', '::1'],
    ['http://[::1]:8080/', '[::1]:8080'],
  ])('goes past the proxy to %s by %s', (url, ...except) => {
    expect(through(url, ...except)).toBeNull()
  })

  test.each([
    ['https://ba.example/', 'a.example'],
    ['https://a.example/', '*.a.example'],
    ['https://a.example:8443/', 'a.example:443'],
    ['https://example/', 'a.example'],
    ['http://[::1]/', '::2'],
  ])('takes the proxy to %s despite %s', (url, ...except) => {
    expect(through(url, ...except)).not.toBeNull()
  })
})
