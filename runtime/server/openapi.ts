/** What this server answers, as an OpenAPI 3.1 document. */
import { schemas } from './schemas.ts'

const json = (name: keyof typeof schemas) => ({
  'application/json': { schema: { $ref: `#/components/schemas/${name}` } },
})
const answer = (description: string, name: keyof typeof schemas, headers?: object) => ({
  description,
  content: json(name),
  ...(headers === undefined ? {} : { headers }),
})
const header = (description: string) => ({ description, schema: { type: 'string' } })

const etag = { ETag: header('The state of the list; for If-Match.') }
const notFound = answer('No such app, or none that the token may know of.', 'NotFound')
const noToken = answer('The token is missing, or not known.', 'Error', {
  'WWW-Authenticate': header('Bearer'),
})
const readOnly = answer('The token may only look.', 'Error')
const inSeconds = { 'Retry-After': header('Seconds.') }
const busy = answer('Too much at a time.', 'Error', inSeconds)
const away = answer('The store cannot be used just now.', 'Error', inSeconds)
const wrongHost = answer('The server is not called by that name.', 'Error')
const otherwise = answer('Something is wrong on this side.', 'Error')
const tooLarge = answer('The body is larger than 1 MiB.', 'Error')
const wrongType = answer('The body is not of type application/json.', 'Error')

const inPath = (name: string, description: string) => {
  return { name, in: 'path', required: true, description, schema: { type: 'string' } } as const
}
const targetParameters = [
  inPath('connector', 'By name, or `name@version`.'),
  inPath('connection', '`-` where the connector needs none.'),
  inPath('method', 'Of type `webhook`.'),
] as const
const anything = { content: { '*/*': { schema: {} } } } as const
const webhook = (operationId: string, summary: string) => ({
  operationId,
  summary,
  responses: {
    default: answer('It came to nothing here; to be sent again later.', 'Error'),
    200: {
      description: 'Taken or ignored, which look the same; or what the scripts reply.',
      content: { 'application/json': { schema: {} }, '*/*': { schema: {} } },
    },
    400: wrongHost,
    404: answer('The key is wrong, or there is nothing behind it any more.', 'NotFound'),
    413: tooLarge,
    429: busy,
    503: answer('It came to nothing for now.', 'Error', inSeconds),
  },
})

const bearer = [{ bearer: [] }]
const body = (name: keyof typeof schemas) => ({ required: true, content: json(name) })

export const openApiDocument = {
  openapi: '3.1.0',
  info: {
    title: 'Hookline',
    version: '1',
    description: 'Runs connector calls, takes webhooks, and keeps the error handlers of apps.',
    license: { name: 'MIT', identifier: 'MIT' },
  },
  servers: [{ url: '/' }],
  paths: {
    '/api/apps/{app}/error_handlers/': {
      parameters: [inPath('app', 'Its id.')],
      get: {
        operationId: 'readErrorHandlers',
        summary: 'The error handlers of an app, in order.',
        security: bearer,
        responses: {
          default: otherwise,
          200: answer('The list.', 'ErrorHandlers', etag),
          400: wrongHost,
          401: noToken,
          404: notFound,
          429: busy,
        },
      },
      put: {
        operationId: 'replaceErrorHandlers',
        summary: 'Replaces the whole list, or leaves it as it was.',
        security: bearer,
        parameters: [
          {
            name: 'If-Match',
            in: 'header',
            required: false,
            description: 'Replace only the list that has this ETag.',
            schema: { type: 'string' },
          },
        ],
        requestBody: body('ErrorHandlers'),
        responses: {
          default: otherwise,
          201: answer('Replaced; the list as it was sent.', 'ErrorHandlers', etag),
          400: {
            description: 'No such list can be: its faults, or what is wrong with its shape.',
            content: {
              'application/json': {
                schema: {
                  anyOf: [
                    { $ref: '#/components/schemas/HandlerFaults' },
                    { $ref: '#/components/schemas/Error' },
                  ],
                },
              },
            },
          },
          401: noToken,
          403: readOnly,
          404: notFound,
          412: answer('The list was changed meanwhile.', 'Error', etag),
          413: tooLarge,
          415: wrongType,
          429: busy,
        },
      },
    },
    '/api/calls': {
      post: {
        operationId: 'makeCall',
        summary: 'Makes one call. 200 whatever the vendor said.',
        security: bearer,
        requestBody: body('Call'),
        responses: {
          default: otherwise,
          200: answer('What the call came to.', 'Outcome'),
          202: answer('Kept for later, as `async` wants it.', 'Kept', {
            Location: header('Where its outcome will be.'),
          }),
          400: answer('No such call can be made.', 'Error'),
          401: noToken,
          403: readOnly,
          404: notFound,
          413: tooLarge,
          415: wrongType,
          429: busy,
          503: away,
        },
      },
    },
    '/api/calls/{id}': {
      parameters: [inPath('id', 'As the 202 said it.')],
      get: {
        operationId: 'readCall',
        summary: 'A call that was kept for later, and what its latest attempt came to.',
        security: bearer,
        responses: {
          default: otherwise,
          200: answer('The call.', 'LaterCall'),
          400: wrongHost,
          401: noToken,
          404: answer('The tenant of the token has no such call.', 'NotFound'),
          429: busy,
          503: away,
        },
      },
    },
    '/api/webhooks/{connector}/{connection}/{method}': {
      parameters: targetParameters,
      get: {
        operationId: 'readWebhookAddress',
        summary: 'Where a vendor sends what is for a method of a connection. Keep it a secret.',
        security: bearer,
        responses: {
          default: otherwise,
          200: answer('The path of the address.', 'WebhookAddress'),
          400: answer('No such address can be.', 'Error'),
          401: noToken,
          403: readOnly,
          404: answer('This server takes no webhooks.', 'NotFound'),
          429: busy,
        },
      },
    },
    '/webhooks/{tenant}/{connector}/{connection}/{method}/{key}': {
      parameters: [
        inPath('tenant', 'Whose it is.'),
        ...targetParameters,
        inPath('key', 'Lets whoever has it send; it stands for a token.'),
      ],
      get: webhook('askWebhook', 'As POST, for vendors that ask whether anybody is there.'),
      post: { ...webhook('sendWebhook', 'Takes what a vendor sends.'), requestBody: anything },
      put: { ...webhook('putWebhook', 'As POST.'), requestBody: anything },
    },
    '/healthz': {
      get: {
        operationId: 'health',
        summary: 'The server is there.',
        responses: {
          default: otherwise,
          200: answer('It is.', 'Health'),
          400: wrongHost,
        },
      },
    },
    '/metrics': {
      get: {
        operationId: 'metrics',
        summary: 'Counters, for tokens of the operator.',
        security: bearer,
        responses: {
          default: otherwise,
          200: {
            description: 'In the text format of Prometheus.',
            content: { 'text/plain': { schema: { type: 'string' } } },
          },
          400: wrongHost,
          401: noToken,
          403: answer('The token is not one of the operator.', 'Error'),
          429: busy,
        },
      },
    },
    '/openapi.json': {
      get: {
        operationId: 'description',
        summary: 'This document.',
        responses: {
          default: otherwise,
          200: {
            description: 'OpenAPI 3.1.',
            content: { 'application/json': { schema: { type: 'object' } } },
          },
          400: wrongHost,
        },
      },
    },
  },
  components: {
    schemas,
    securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
  },
} as const
