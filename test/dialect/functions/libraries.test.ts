import { createDecipheriv, createHash, createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { openDialect, runScript } from './support.ts'

describe('dialect 5 moment', () => {
  test('reckons with time zones', async () => {
    const { content } = await runScript(`
      const noon = moment.utc('2026-07-01T12:00:00Z')
      return [
        noon.format(), noon.clone().tz('America/New_York').format(),
        moment.tz('2026-01-15 09:00', 'Asia/Kolkata').utc().format(),
        moment.tz('2049-07-01 12:00', 'Europe/Paris').format('Z z'),
        moment.tz('1974-07-01 12:00', 'Europe/London').format('Z'),
        moment.tz.names().length > 400, moment.isMoment(noon),
      ]`)
    expect(content).toEqual([
      '2026-07-01T12:00:00Z',
      '2026-07-01T08:00:00-04:00',
      '2026-01-15T03:30:00Z',
      '+02:00 CEST',
      '+01:00',
      true,
      true,
    ])
  })

  test('knows a zone at a moment that was made before the first zone was asked for', async () => {
    const { content } = await runScript(
      "return moment('2026-07-01T12:00:00Z').tz('Europe/Berlin').add(1, 'month').format()",
    )
    expect(content).toBe('2026-08-01T14:00:00+02:00')
  })
})

describe('dialect 5 CryptoJS', () => {
  test('hashes, and prints hex whatever encoder is asked for', async () => {
    const { content } = await runScript(`return [
      CryptoJS.SHA256('é').toString(), CryptoJS.SHA256('é').toString(CryptoJS.enc.Base64),
      '' + CryptoJS.MD5('a'), CryptoJS.HmacSHA512('v', 'k').toString(CryptoJS.enc.Utf8),
      CryptoJS.enc.Base64.stringify(CryptoJS.SHA1('a')),
      CryptoJS.enc.Utf8.parse('é').toString(CryptoJS.enc.Base64),
    ]`)
    const hash = createHash('sha256').update('é').digest('hex')
    expect(content).toEqual([
      hash,
      hash,
      createHash('md5').update('a').digest('hex'),
      createHmac('sha512', 'k').update('v').digest('hex'),
      createHash('sha1').update('a').digest('base64'),
      'w6k=',
    ])
  })

  test('encrypts to hex that another program decrypts', async () => {
    const { content } = await runScript(`
      const key = CryptoJS.enc.Hex.parse('00112233445566778899aabbccddeeff')
      const iv = CryptoJS.enc.Hex.parse('0102030405060708090a0b0c0d0e0f10')
      const sealed = CryptoJS.AES.encrypt('plain ✓', key, { iv })
      return [sealed.toString(), sealed.toString(CryptoJS.format.OpenSSL), '' + sealed.ciphertext]`)
    const [sealed, again, bare] = content as string[]
    expect([again, bare]).toEqual([sealed, sealed])
    const decipher = createDecipheriv(
      'aes-128-cbc',
      Buffer.from('00112233445566778899aabbccddeeff', 'hex'),
      Buffer.from('0102030405060708090a0b0c0d0e0f10', 'hex'),
    )
    const plain = decipher.update(String(sealed), 'hex', 'utf8') + decipher.final('utf8')
    expect(plain).toBe('plain ✓')
  })

  test('decrypts what it encrypted, as hex and in the form of OpenSSL', async () => {
    const { content } = await runScript(`
      const sealed = CryptoJS.AES.encrypt('plain ✓', 'passphrase')
      const open = (text) => CryptoJS.AES.decrypt(text, 'passphrase').toString(CryptoJS.enc.Utf8)
      const hex = sealed.toString()
      return [hex.slice(0, 16), open(hex), open(CryptoJS.format.OpenSSL.stringify(sealed))]`)
    expect(content).toEqual(['53616c7465645f5f', 'plain ✓', 'plain ✓'])
  })

  test.each([
    "CryptoJS.HmacSHA256('v', script_parameters.Key)",
    "CryptoJS.SHA1('v' + script_parameters.Key)",
    "CryptoJS.AES.encrypt('v', script_parameters.Key)",
  ])('refuses a secret that it would only see the stand-in of, as in %s', async (code) => {
    const { outcome } = await runScript(`return '' + ${code}`, { Key: 'the shared key' })
    expect(outcome).toMatchObject({
      failure: { message: expect.stringContaining('sign with cyclr_sign') },
    })
  })

  test('takes its salts from the host, many for one question', async () => {
    const { content } = await runScript(`
      const salts = {}
      for (let count = 0; count < 500; count++) salts[CryptoJS.lib.WordArray.random(16)] = true
      return [Object.keys(salts).length, CryptoJS.lib.WordArray.random(5000).sigBytes]`)
    expect(content).toEqual([500, 5000])
  })
})

describe('dialect 14.17 require', () => {
  test('gives the libraries that are there as globals', async () => {
    const { content } = await runScript(
      "return [require('moment') === moment, require('crypto-js') === CryptoJS]",
    )
    expect(content).toEqual([true, true])
  })

  test('finds no other module', async () => {
    const { outcome } = await runScript("return require('fs'.trim())")
    expect(outcome).toMatchObject({ failure: { message: "Cannot find module 'fs'" } })
  })
})

describe('dialect 5 libraries', () => {
  test('come in only when a script mentions them', async () => {
    await using dialect = await openDialect({
      with: 'return typeof moment',
      without: "return [typeof globalThis['mo' + 'ment'], typeof cyclr_csv_parse]",
    })
    expect((await dialect.run('without')).content).toEqual(['undefined', 'function'])
    expect((await dialect.run('with')).content).toBe('function')
    expect((await dialect.run('with')).content).toBe('function')
  })

  test('are the same fresh ones for the next hook, whatever a script did to them', async () => {
    await using dialect = await openDialect({
      spoil: 'moment.utc = moment.fn.format = null; CryptoJS.SHA256 = null; return 1',
      use: "return [moment.utc('2026-01-01').format('YYYY'), '' + CryptoJS.SHA256('a')]",
    })
    await dialect.run('spoil')
    expect((await dialect.run('use')).content).toEqual([
      '2026',
      createHash('sha256').update('a').digest('hex'),
    ])
  })

  test('may be shadowed by a name of the script', async () => {
    await using dialect = await openDialect({
      get: `const moment = 'mine'
        function after_action() { method_response = moment }`,
    })
    expect((await dialect.run('get')).content).toBe('mine')
  })

  test('lead to nothing of the host', async () => {
    const { content } = await runScript(`
      const reached = [moment, CryptoJS, require, btoa, cyclr_sign, CryptoJS.lib.WordArray.random]
        .map((value) => value.constructor.constructor('return typeof process + typeof globalThis.ivm')())
      return [...new Set(reached)]`)
    expect(content).toEqual(['undefinedundefined'])
  })
})
