/** A lock and a value over a socket, as `SET key value NX PX ms` and `GET` of Redis have them. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { createInterface } from 'node:readline'

type Word = {
  readonly id: number
  readonly do: 'get' | 'remove' | 'set'
  readonly key: string
  readonly value?: string
  readonly nx?: boolean
  readonly px?: number
}

export async function startPlainLock() {
  const values = new Map<string, { readonly value: string; readonly until: number }>()
  const read = (key: string) => {
    const found = values.get(key)
    return found && found.until > performance.now() ? found.value : null
  }
  const obey = (word: Word): string | null => {
    if (word.do === 'get') return read(word.key)
    if (word.do === 'remove') return values.delete(word.key) ? 'OK' : null
    if (word.nx && read(word.key) !== null) return null
    const until = performance.now() + (word.px ?? Number.POSITIVE_INFINITY)
    values.set(word.key, { value: word.value ?? '', until })
    return 'OK'
  }
  const server = createServer((socket) => {
    socket.on('error', () => {})
    createInterface(socket).on('line', (line) => {
      const word = JSON.parse(line) as Word
      socket.write(`${JSON.stringify({ id: word.id, value: obey(word) })}\n`)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.dispose]: () => void server.close(),
  }
}

export function plainLock(port: number) {
  const socket = connect(port, '127.0.0.1')
  const waiting = new Map<number, (value: string | null) => void>()
  let count = 0
  createInterface(socket).on('line', (line) => {
    const { id, value } = JSON.parse(line) as { id: number; value: string | null }
    waiting.get(id)?.(value)
    waiting.delete(id)
  })
  const ask = (word: object) =>
    new Promise<string | null>((resolve) => {
      count += 1
      waiting.set(count, resolve)
      socket.write(`${JSON.stringify({ id: count, ...word })}\n`)
    })
  return {
    get: (key: string) => ask({ do: 'get', key }),
    set: (key: string, value: string) => ask({ do: 'set', key, value }),
    setIfAbsent: async (key: string, value: string, px: number) =>
      (await ask({ do: 'set', key, value, nx: true, px })) === 'OK',
    remove: async (key: string) => {
      await ask({ do: 'remove', key })
    },
    close: () => socket.end(),
  }
}
