import { createHmac, createVerify, generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { openDialect, runScript } from './support.ts'

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const pem = (type: 'pkcs1' | 'pkcs8') => privateKey.export({ type, format: 'pem' }).toString()
const value = 'POST\n/orders\n£12'
const call = (algorithm: string, key: string) =>
  `cyclr_sign(${JSON.stringify(algorithm)}, ${JSON.stringify(key)}, ${JSON.stringify(value)})`

function verifies(hash: string, signature: unknown): boolean {
  return createVerify(hash).update(value).verify(publicKey, String(signature), 'base64')
}

describe('dialect 5 cyclr_sign', () => {
  test('signs by every algorithm, in Base64', async () => {
    const hmacs = ['SHA1', 'SHA256', 'SHA512']
    const rsas = ['SHA1', 'SHA224', 'SHA256', 'SHA384', 'SHA512']
    const { content } = await runScript(
      `return { hmac: [${hmacs.map((hash) => call(`HMAC-${hash}`, 'kéy'))}],
                rsa: [${rsas.map((hash) => call(`rsa-${hash}`, pem('pkcs8')))}] }`,
    )
    const { hmac, rsa } = content as { hmac: string[]; rsa: string[] }
    expect(hmac).toEqual(
      hmacs.map((hash) => createHmac(hash, 'kéy').update(value).digest('base64')),
    )
    expect(rsas.map((hash, index) => verifies(hash, rsa[index]))).toEqual(rsas.map(() => true))
  })

  test('signs by a secret, and gives a stand-in that is sent as the signature', async () => {
    const key = 'the shared key'
    const { outcome, requests } = await runScript(
      `function before_action() {
         var signature = cyclr_sign('HMAC-SHA256', script_parameters.Key, 'v')
         method_request_headers.Authorization = 'HMAC ann:' + signature
         method_request_headers['X-Again'] = btoa(signature)
         console.log(signature)
       }`,
      { Key: key },
    )
    const signature = createHmac('sha256', key).update('v').digest('base64')
    expect(requests[0]?.headers).toMatchObject({
      authorization: `HMAC ann:${signature}`,
      'x-again': Buffer.from(signature).toString('base64'),
    })
    expect(JSON.stringify(outcome)).not.toContain(signature)
  })

  test.each([
    ['with PKCS#1 inside', pem('pkcs1')],
    ['on one line', pem('pkcs8').replaceAll('\n', ' ')],
    ['with its line ends spelt out', pem('pkcs8').replaceAll('\n', '\\n')],
  ])('takes an RSA key %s', async (_how, key) => {
    const { content } = await runScript(`return ${call('RSA-SHA256', key)}`)
    expect(verifies('SHA256', content)).toBe(true)
  })

  test('refuses in plain words what cannot be signed', async () => {
    const wrong = {
      algorithm: call('HMAC-MD5', 'k'),
      key: call('RSA-SHA256', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----'),
      missing: "cyclr_sign('HMAC-SHA1', undefined, 'v')",
      curve: call(
        'RSA-SHA1',
        generateKeyPairSync('ec', { namedCurve: 'P-256' })
          .privateKey.export({ type: 'pkcs8', format: 'pem' })
          .toString(),
      ),
    }
    await using dialect = await openDialect(
      Object.fromEntries(Object.entries(wrong).map(([name, code]) => [name, `return ${code}`])),
    )
    const messageOf = async (name: string) => {
      const { outcome } = await dialect.run(name)
      return outcome.kind === 'failure' ? outcome.failure.message : outcome.kind
    }
    expect(await messageOf('algorithm')).toMatch(/no algorithm `HMAC-MD5`; it has HMAC-SHA1, /)
    expect(await messageOf('missing')).toContain('takes three texts')
    for (const name of ['key', 'curve']) {
      expect(await messageOf(name)).toContain('needs an RSA private key in PEM form')
    }
  })
})
