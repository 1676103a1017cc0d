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
const busy = answer('Too much at a time.', 'Error', { 'Retry-After': header('Seconds.') })
const wrongHost = answer('The server is not called by that name.', 'Error')
const otherwise = answer('Something is wrong on this side.', 'Error')
const tooLarge = answer('The body is larger than 1 MiB.', 'Error')
const wrongType = answer('The body is not of type application/json.', 'Error')

const bearer = [{ bearer: [] }]
const body = (name: keyof typeof schemas) => ({ required: true, content: json(name) })

export const openApiDocument = {
  openapi: '3.1.0',
  info: {
    title: 'Hookline',
    version: '1',
    description: 'Runs connector calls, and keeps the error handlers of apps.',
    license: { name: 'MIT', identifier: 'MIT' },
  },
  servers: [{ url: '/' }],
  paths: {
    '/api/apps/{app}/error_handlers/': {
      parameters: [
        {
          name: 'app',
          in: 'path',
          required: true,
          description: 'Its id.',
          schema: { type: 'string' },
        },
      ],
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
          400: answer('No such call can be made.', 'Error'),
          401: noToken,
          403: readOnly,
          404: notFound,
          413: tooLarge,
          415: wrongType,
          429: busy,
        },
      },
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
