import { expect, test } from 'vitest'
import { openDialect, runScript } from './support.ts'

test('dialect 5 btoa and atob are text codecs, UTF-8 unless said', async () => {
  const { content } = await runScript(`return [
    btoa('Hĕllō Wōrld'), btoa('Hĕllō Wōrld', 'iso-8859-1'), btoa('Hĕllō', 'ascii'),
    atob('SMSVbGzFjSBXxY1ybGQ='), atob(btoa('ō', 'UTF-7'), 'utf-7'), btoa(12)
  ]`)
  expect(content).toEqual([
    'SMSVbGzFjSBXxY1ybGQ=',
    'SGVsbG8gV29ybGQ=',
    'SD9sbD8=',
    'Hĕllō Wōrld',
    'ō',
    'MTI=',
  ])
})

test.each([
  ['btoa()', 'btoa takes a text, not undefined'],
  ["btoa('a', 'KOI8-R')", 'btoa: there is no charset `KOI8-R`'],
  ["atob('*')", 'atob: it is not Base64 at character 1'],
])('dialect 5 btoa and atob refuse %s in plain words', async (code, message) => {
  const { outcome } = await runScript(`return ${code}`)
  expect(outcome).toMatchObject({
    failure: { type: 'ScriptError', message: expect.stringContaining(message) },
  })
})

test('dialect 5 btoa of a secret is a stand-in, which is sent as what it stands for', async () => {
  const { outcome, requests } = await runScript(
    `function before_action() {
       var encoded = btoa('ann:' + script_parameters.Password)
       method_request_headers.Authorization = 'Basic ' + encoded
       method_request_headers['X-Plain'] = atob(script_parameters.Stored)
       console.log(encoded, encoded.length)
     }`,
    { Password: 'pässword-1', Stored: btoa('a-stored-secret') },
  )
  const basic = Buffer.from('ann:pässword-1').toString('base64')
  expect(requests[0]?.headers).toMatchObject({
    authorization: `Basic ${basic}`,
    'x-plain': 'a-stored-secret',
  })
  const told = JSON.stringify(outcome)
  expect(told).toContain('[secret] 36')
  for (const secret of ['pässword-1', basic, 'a-stored-secret']) expect(told).not.toContain(secret)
})

test('dialect 5 btoa of a text that only looks like a stand-in is that text', async () => {
  const text = `hkl_${'0'.repeat(32)}`
  const { content } = await runScript(`return [btoa('${text}'), btoa('hkl_', 'ascii')]`)
  expect(content).toEqual([Buffer.from(text).toString('base64'), 'aGtsXw=='])
})

test('dialect 5 btoa and atob work for a script that spoils what they are made of', async () => {
  await using dialect = await openDialect({
    get: `String.prototype.charCodeAt = String.fromCharCode = Uint8Array = Reflect.apply = null
      Object.defineProperty(Array.prototype, '0', { set() { throw new Error('caught') } })
      return atob(btoa('fine ✓'))`,
  })
  expect((await dialect.run('get')).content).toBe('fine ✓')
})
