import { createServer } from 'node:http'
import { UsageError } from '../model/usage-error.ts'

export type MetricsServerOptions = {
  /** 127.0.0.1 unless said: the metrics name queues, and nobody is asked for a token. */
  readonly host?: string
  readonly port: number
  readonly text: () => string
  /** False: the worker takes no more, and whoever asks for its health should know. */
  readonly healthy: () => boolean
}

/** Answers `GET /metrics` and `GET /healthz` until disposed of. */
export async function serveMetrics(
  options: MetricsServerOptions,
): Promise<{ readonly port: number } & AsyncDisposable> {
  const { host = '127.0.0.1', port, text, healthy } = options
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0]
    const known = request.method === 'GET' || request.method === 'HEAD'
    if (known && path === '/metrics') {
      response.setHeader('content-type', 'text/plain; version=0.0.4; charset=utf-8')
      response.end(text())
    } else if (known && path === '/healthz') {
      response.statusCode = healthy() ? 200 : 503
      response.end(healthy() ? 'ok\n' : 'draining\n')
    } else {
      response.statusCode = 404
      response.end()
    }
  })
  const listening = Promise.withResolvers<void>()
  server.once('error', (cause) =>
    listening.reject(
      new UsageError('entityInvalid', `The metrics cannot be served on port ${port}`, {
        cure: 'Name another one, or 0 for any that is free',
        cause,
      }),
    ),
  )
  server.listen({ host, port }, listening.resolve)
  await listening.promise
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : port,
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    },
  }
}
