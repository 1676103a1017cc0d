import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  bareHost,
  forbiddenAddress,
  isAllowedAddress,
  permitUrl,
  printable,
  readUrl,
} from '../../runtime/http/egress.ts'
import { CallFailure } from '../../runtime/model/failure.ts'

const api = [{ origin: 'https://api.example.com', pathPrefix: '/v1' }]
const whole = [{ origin: 'https://api.example.com', pathPrefix: '/' }]

function refusal(act: () => unknown): string | undefined {
  try {
    act()
    return 'allowed'
  } catch (error) {
    if (error instanceof CallFailure && error.type === 'RequestForbidden') return error.reason
    throw error
  }
}

describe('readUrl()', () => {
  test.each([
    'http://api.example.com/',
    'HTTPS://API.example.com',
    'https://api.example.com?q=a\\b',
    'https://api.example.com/a#x\\y',
    'https://api.example.com/ü?x={{token}}',
    'https://[::1]:8443/a b',
  ])('reads %j', (text) => {
    expect(readUrl(text).href).toBe(new URL(text).href)
  })

  test.each([
    '',
    '/v1/items',
    '//169.254.169.254/',
    'https:169.254.169.254',
    'https:/api.example.com/',
    'https:///api.example.com/',
    'https://\\api.example.com/',
    'https://?a',
    'https://#a',
    'https:// api.example.com/',
    'https://api.example.com\\@evil.example.net/',
    'https://api.example.com/v1\\..\\admin',
    '\thttps://api.example.com/',
    ' https://api.example.com/',
    'https://api.exam\nple.com/',
    'https://api.example.com/a\r\nX-Injected: 1',
    'https://api.example.com/a?b=\u0000',
    'https://api.example.com/a?b=\u007f',
    'https://api.example.com:99999/',
    'file:///etc/passwd',
    'gopher://127.0.0.1:6379/_FLUSHALL',
    'ftp://api.example.com/',
    'javascript://api.example.com/',
    'xhttps://api.example.com/',
    'https://user@api.example.com/',
    'https://:pass@api.example.com/',
    'https://user:pass@api.example.com/',
  ])('refuses %j', (text) => {
    expect(refusal(() => readUrl(text))).toBe('url')
  })

  test('reads a URL of 64 KiB and refuses a longer one', () => {
    const longest = 'https://a.example/'.padEnd(64 * 1024, 'x')
    expect(readUrl(longest).href).toBe(longest)
    expect(refusal(() => readUrl(`${longest}x`))).toBe('url')
  })

  test('says what a URL must be', () => {
    expect(() => readUrl('items')).toThrow(
      'Request is not allowed: its URL must be an absolute http or https URL without backslashes or control characters',
    )
  })

  test('does not repeat a password in its refusal', () => {
    expect(() => readUrl('https://user:hunter2@a.example/p')).toThrow(
      'Request for https://a.example/p is not allowed: a URL must not hold a user name or password',
    )
  })
})

describe('permitUrl()', () => {
  test.each([
    'https://api.example.com/v1',
    'https://api.example.com/v1/',
    'https://api.example.com/v1/items?to=/../admin',
    'https://api.example.com:443/v1/items',
    'https://api.example.com:0443/v1/items',
    'https://API.EXAMPLE.COM/v1/items',
    'https://api.example.com/x/../v1/items',
    'https://api.example.com/v1/a..b/...;x/.hidden',
    'https://api.example.com/v1/a%20b%2fc',
    'https://api.example.com/v1/100%25',
  ])('allows %s under /v1', (url) => {
    expect(permitUrl(url, api).href).toBe(new URL(url).href)
  })

  test.each([
    'http://api.example.com/v1/items',
    'https://api.example.com:8443/v1/items',
    'https://api.example.com./v1/items',
    'https://sub.api.example.com/v1/items',
    'https://api.example.com.evil.example.net/v1',
    'https://example.com/v1/items',
    'https://api.example.com/',
    'https://api.example.com/v',
    'https://api.example.com/v10',
    'https://api.example.com/v1x/items',
    'https://api.example.com/V1/items',
    'https://api.example.com/x/v1/items',
    'https://api.example.com/v1/../admin',
    'https://api.example.com/v1/../../admin/',
    'https://api.example.com/v1/%2e%2e/admin',
    'https://api.example.com/v1/.%2E/admin',
    'https://api.example.com/v1/..%2fadmin',
    'https://api.example.com/v1/..%5Cadmin',
    'https://api.example.com/v1/x%2f..',
    'https://api.example.com/v1/.%2fadmin',
    'https://api.example.com/v1/%252e%252e/admin',
    'https://api.example.com/v1/%25252e%25252e%25252fadmin',
    'https://api.example.com/v1/%252525252525252e/admin',
    'https://api.example.com/v1/..;/admin',
    'https://api.example.com/v1/..;x=1/admin',
    'https://169.254.169.254/v1',
  ])('refuses %s under /v1', (url) => {
    expect(refusal(() => permitUrl(url, api))).toBe('origin')
  })

  test('looks through four layers of encoding, and takes a fifth for a climb', () => {
    const layers = (count: number) => `https://api.example.com/v1/%${'25'.repeat(count)}41`
    expect(refusal(() => permitUrl(layers(4), api))).toBe('allowed')
    expect(refusal(() => permitUrl(layers(5), api))).toBe('origin')
  })

  test('leaves paths alone where the whole origin is declared', () => {
    expect(permitUrl('https://api.example.com/..%2fa/%252e', whole).pathname).toBe('/..%2fa/%252e')
    expect(refusal(() => permitUrl('https://other.example.com/', whole))).toBe('origin')
  })

  test('takes a prefix with a slash at its end, and one that has to be encoded', () => {
    const origins = [{ origin: 'https://api.example.com', pathPrefix: '/a b/' }]
    expect(permitUrl('https://api.example.com/a%20b', origins).pathname).toBe('/a%20b')
    expect(permitUrl('https://api.example.com/a b/c', origins).pathname).toBe('/a%20b/c')
    expect(refusal(() => permitUrl('https://api.example.com/a', origins))).toBe('origin')
  })

  test('takes any of several origins, and http only where an origin says http', () => {
    const origins = [...api, { origin: 'http://localhost:8080', pathPrefix: '/' }]
    expect(permitUrl('http://localhost:8080/x', origins).port).toBe('8080')
    expect(refusal(() => permitUrl('https://localhost:8080/x', origins))).toBe('origin')
    expect(refusal(() => permitUrl('http://localhost/x', origins))).toBe('origin')
    expect(refusal(() => permitUrl('http://localhost:8080/x', []))).toBe('origin')
  })

  test('takes no origin that is not a URL', () => {
    for (const origin of ['https://{{Domain}}', 'api.example.com', '*', '']) {
      const origins = [{ origin, pathPrefix: '/' }]
      expect(refusal(() => permitUrl('https://api.example.com/', origins))).toBe('origin')
    }
  })

  test('never lets a prefix name another host', () => {
    const origins = [{ origin: 'https://api.example.com', pathPrefix: '//evil.example.net' }]
    expect(refusal(() => permitUrl('https://evil.example.net/', origins))).toBe('origin')
  })

  test('names the place without its query', () => {
    expect(() => permitUrl('https://evil.example.net/p?key=secret#f', api)).toThrow(
      'Request for https://evil.example.net/p is not allowed: the connector does not declare this origin and path under "origins"',
    )
  })

  test('allows no URL whose origin and path are not declared', () => {
    const hosts = fc.constantFrom(
      'api.example.com',
      'api.example.com.',
      'api.example.com@evil.example.net',
      'evil.example.net',
      '127.0.0.1',
    )
    const segments = fc.array(
      fc.oneof(
        fc.constantFrom('..', '.', '%2e%2e', '..%2f', '..;', 'v1', '\\', '%252e'),
        fc.string(),
      ),
    )
    const built = fc
      .tuple(fc.constantFrom('https://', 'http://', 'https:', '//', ''), hosts, segments)
      .map(([scheme, host, parts]) => `${scheme}${host}/${parts.join('/')}`)
    fc.assert(
      fc.property(fc.oneof(built, fc.webUrl(), fc.string()), (text) => {
        if (refusal(() => permitUrl(text, api)) !== 'allowed') return
        const url = permitUrl(text, api)
        expect(url.origin).toBe('https://api.example.com')
        expect(`${url.pathname}/`.startsWith('/v1/')).toBe(true)
        expect(decodeURIComponent(safe(url.pathname))).not.toMatch(/(^|[/\\])\.\.([/\\;]|$)/)
      }),
      { numRuns: 500 },
    )
  })
})

/** A path whose lone percent signs do not stop `decodeURIComponent`. */
function safe(path: string): string {
  return path.replace(/%(?![0-7][0-9a-f])/gi, '_')
}

describe('isAllowedAddress()', () => {
  test.each([
    '1.1.1.1',
    '93.184.216.34',
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '126.255.255.255',
    '128.0.0.1',
    '168.63.129.15',
    '168.63.129.17',
    '169.253.255.255',
    '169.255.0.0',
    '172.15.255.255',
    '172.32.0.0',
    '192.167.255.255',
    '192.169.0.0',
    '223.255.255.255',
    '2606:4700:4700::1111',
    '2a00:1450:4001:81b::200e',
    '::ffff:1.1.1.1',
  ])('allows the public %s', (address) => {
    expect(isAllowedAddress(address, [])).toBe(true)
  })

  test.each([
    '0.0.0.0',
    '0.1.2.3',
    '10.0.0.0',
    '10.255.255.255',
    '100.64.0.0',
    '100.127.255.255',
    '127.0.0.1',
    '127.255.255.255',
    '168.63.129.16',
    '169.254.0.0',
    '169.254.255.255',
    '172.16.0.0',
    '172.31.255.255',
    '192.0.2.1',
    '192.168.0.1',
    '198.18.0.1',
    '224.0.0.1',
    '240.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::2',
    '::a9fe:a9fe',
    '::7f00:1',
    '::ffff:127.0.0.1',
    '::ffff:a9fe:a9fe',
    '::ffff:0:127.0.0.1',
    '64:ff9b::7f00:1',
    '64:ff9b:1::1',
    '2002:7f00:1::',
    '2001:0:1::1',
    '2001:db8::1',
    '1fff::1',
    '4000::1',
    'fc00::1',
    'fd00:ec2::254',
    'fe80::1',
    'fec0::1',
    'ff02::1',
    'fe80::1%eth0',
    '2606:4700:4700::1111%1',
  ])('refuses %s', (address) => {
    expect(isAllowedAddress(address, [])).toBe(false)
  })

  test.each([
    '',
    'localhost',
    '1.1',
    '1.1.1',
    '0x7f000001',
    '2130706433',
    '0177.0.0.1',
    '1.1.1.1.1',
    '[::1]',
    '1.1.1.256',
  ])('refuses %j, which is no address', (text) => {
    expect(isAllowedAddress(text, ['0.0.0.0/0', '::/0'])).toBe(false)
  })

  test('opens exactly the networks that the operator allows', () => {
    expect(isAllowedAddress('10.1.2.3', ['10.1.2.0/24'])).toBe(true)
    expect(isAllowedAddress('10.1.3.0', ['10.1.2.0/24'])).toBe(false)
    expect(isAllowedAddress('10.1.1.255', ['10.1.2.0/24'])).toBe(false)
    expect(isAllowedAddress('10.1.3.1', ['10.1.2.0/24', '10.1.3.0/24'])).toBe(true)
    expect(isAllowedAddress('::1', ['::1/128'])).toBe(true)
    expect(isAllowedAddress('::1', ['127.0.0.0/8'])).toBe(false)
    expect(isAllowedAddress('127.0.0.1', ['::1/128'])).toBe(false)
    expect(isAllowedAddress('::ffff:127.0.0.1', ['127.0.0.0/8'])).toBe(true)
  })

  test.each([
    ['172.16.0.1', '172.16.0.0/12'],
    ['169.254.1.1', '169.254.0.0/16'],
    ['100.64.0.1', '100.64.0.0/10'],
    ['192.0.2.1', '192.0.2.0/24'],
    ['fd12::1', 'fd00::/8'],
    ['fe80::1', 'fe80::/10'],
  ])('can open %s by %s', (address, network) => {
    expect(isAllowedAddress(address, [network])).toBe(true)
  })

  test.each([
    '169.254.169.254',
    '::ffff:169.254.169.254',
    '169.254.170.2',
    '169.254.170.23',
    '100.100.100.200',
    '168.63.129.16',
    '192.0.0.192',
    'fd00:ec2::254',
    'fd00:0ec2:0000::0023',
    'fd20:ce::254',
    '::a9fe:a9fe',
    '64:ff9b::a9fe:a9fe',
    '2002:a9fe:a9fe::',
    '::ffff:0:169.254.169.254',
    '0.0.0.0',
    '::',
    '224.0.0.1',
    '255.255.255.255',
  ])('opens %s to nobody', (address) => {
    expect(isAllowedAddress(address, ['0.0.0.0/0', '::/0'])).toBe(false)
  })

  test('takes a network that is none for no network', () => {
    expect(isAllowedAddress('10.0.0.1', ['10.0.0.1', 'everything', '10.0.0.0/33'])).toBe(false)
  })
})

describe('texts', () => {
  test('bareHost() takes the brackets off an IPv6 literal only', () => {
    expect(['[::1]', 'a.example', '[a', 'a]'].map(bareHost)).toEqual([
      '::1',
      'a.example',
      '[a',
      'a]',
    ])
  })

  test('printable() leaves out query, fragment and user, and a long path as a whole', () => {
    expect(printable(new URL('https://u:p@a.example:8443/b?c=d#e'))).toBe(
      'https://a.example:8443/b',
    )
    expect(printable(new URL(`https://a.example/${'x'.repeat(600)}`))).toBe('https://a.example/…')
  })

  test('forbiddenAddress() says the same of every address', () => {
    expect(forbiddenAddress('a.example').message.replace('a.example', '*')).toBe(
      forbiddenAddress('10.0.0.1').message.replace('10.0.0.1', '*'),
    )
    expect(forbiddenAddress('a.example').reason).toBe('address')
  })
})
