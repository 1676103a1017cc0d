/** A vendor in a process of its own: answers after so many milliseconds. Prints its port. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const delayMs = Number(process.argv[2] ?? 0)
const body = JSON.stringify({ n: 1, text: 'x'.repeat(1000) })
const server = createServer((request, response) => {
  request.resume()
  const answer = (): void => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(body)
  }
  if (delayMs === 0) answer()
  else setTimeout(answer, delayMs)
})
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`)
})
