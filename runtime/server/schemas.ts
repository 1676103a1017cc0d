/** JSON Schemas (2020-12) of what the server takes and gives, for its description. */
import { failureTypes } from '../model/failure.ts'

const text = { type: 'string' } as const
const texts = { type: 'array', items: text } as const
const orNull = (type: string) => ({ type: [type, 'null'] })

export const schemas = {
  Error: {
    type: 'object',
    description: 'What every answer that is an error has.',
    required: ['errorCode', 'message'],
    properties: { errorCode: text, message: text },
  },
  NotFound: {
    type: 'object',
    description: 'Also for what the token may not know of.',
    required: ['detail', 'errorCode', 'message'],
    properties: { detail: { const: 'Not found.' }, errorCode: text, message: text },
    additionalProperties: false,
  },
  ErrorHandler: {
    type: 'object',
    description: 'Without types and sources: the default, which takes what no other handler does.',
    properties: {
      error_types: { ...texts, type: ['array', 'null'] },
      error_sources: { ...texts, type: ['array', 'null'] },
      handler: { anyOf: [{ $ref: '#/components/schemas/Handler' }, { type: 'null' }] },
    },
    additionalProperties: false,
  },
  Handler: {
    type: 'object',
    properties: {
      component_id: { ...text, description: 'Of a Flow.' },
      name: text,
      nodeType: text,
      configuration: {
        type: 'object',
        properties: {
          input_fields: { type: 'object', description: 'Texts may hold `{{ error.message }}`.' },
          output_fields: { type: 'array' },
        },
        additionalProperties: false,
      },
    },
    additionalProperties: false,
  },
  ErrorHandlers: { type: 'array', items: { $ref: '#/components/schemas/ErrorHandler' } },
  HandlerFaults: {
    type: 'object',
    required: ['message', 'errors', 'errorCode'],
    properties: {
      message: text,
      errors: {
        type: 'object',
        required: ['error_handler_errors'],
        properties: {
          error_handler_errors: {
            type: 'array',
            minItems: 1,
            items: { $ref: '#/components/schemas/HandlerFault' },
          },
        },
        additionalProperties: false,
      },
      errorCode: text,
    },
    additionalProperties: false,
  },
  HandlerFault: {
    type: 'object',
    required: ['type', 'code', 'message', 'location'],
    properties: {
      type: { const: 'WARNING' },
      code: text,
      message: text,
      field: {
        type: 'object',
        required: ['field_type', 'name'],
        properties: { field_type: text, name: text },
        additionalProperties: false,
      },
      location: { ...text, pattern: '^error_handlers/\\d*$' },
    },
    additionalProperties: false,
  },
  Call: {
    type: 'object',
    description: 'One call, for the tenant of the token.',
    required: ['connector', 'method'],
    properties: {
      connector: { ...text, description: 'By name, or `name@version`.' },
      method: text,
      connection: { ...text, description: 'May be left out where the connector needs none.' },
      input: { type: 'object' },
      fields: { type: 'object', description: 'Mappings that make the method’s input of `input`.' },
      fieldsInUse: { ...texts, description: 'The response fields that are used later.' },
      context: { enum: ['RUNNING_TRANSACTION', 'CONNECTOR_TESTING', 'STEP_TESTING'] },
      app: { ...text, description: 'Whose error handlers take a failure.' },
      source: { ...text, description: 'The step’s name; `connector.method` unless said.' },
      idempotencyKey: { ...text, description: 'With `async`, one call for each of them.' },
      async: {
        type: 'boolean',
        description: 'Keep it for a worker; without `retries` and `context`, which are its own.',
      },
      retries: { type: 'integer', minimum: 0, maximum: 10 },
      cycle: {
        type: 'object',
        properties: {
          id: text,
          stepId: text,
          variables: { type: 'object' },
          serviceDomain: text,
        },
        additionalProperties: false,
      },
    },
    additionalProperties: false,
  },
  Outcome: {
    type: 'object',
    required: [
      ...['kind', 'call', 'connector', 'method', 'connection', 'status'],
      ...['content', 'exit', 'message', 'failure', 'handled', 'trail'],
    ],
    properties: {
      kind: { enum: ['success', 'warning', 'stopped', 'failure'] },
      call: text,
      connector: text,
      method: text,
      connection: orNull('string'),
      status: orNull('integer'),
      content: { description: 'What the vendor answered, of a success or a warning.' },
      exit: { ...orNull('boolean'), description: 'What action_condition said.' },
      message: orNull('string'),
      failure: { anyOf: [{ $ref: '#/components/schemas/Failure' }, { type: 'null' }] },
      handled: { anyOf: [{ $ref: '#/components/schemas/Handled' }, { type: 'null' }] },
      trail: {
        type: 'object',
        required: ['startedAt', 'ms', 'attempts'],
        properties: { startedAt: text, ms: { type: 'number' }, attempts: { type: 'array' } },
        additionalProperties: false,
      },
    },
    additionalProperties: false,
  },
  Kept: {
    type: 'object',
    required: ['id'],
    properties: { id: text },
    additionalProperties: false,
  },
  LaterCall: {
    type: 'object',
    required: [
      ...['id', 'state', 'connector', 'method', 'connection', 'attempt'],
      ...['createdAt', 'dueAt', 'endedAt', 'outcome'],
    ],
    properties: {
      id: text,
      state: {
        enum: ['ready', 'waiting', 'running', 'parked', 'doubtful', 'done', 'dead'],
        description: 'It has ended when it is done or dead.',
      },
      connector: text,
      method: text,
      connection: orNull('string'),
      attempt: { type: 'integer', description: 'How often it was begun.' },
      createdAt: text,
      dueAt: { ...orNull('string'), description: 'When it may begin, or begin again.' },
      endedAt: orNull('string'),
      outcome: {
        anyOf: [{ $ref: '#/components/schemas/Outcome' }, { type: 'null' }],
        description: 'Of its latest attempt.',
      },
    },
    additionalProperties: false,
  },
  WebhookAddress: {
    type: 'object',
    required: ['path'],
    properties: { path: { ...text, pattern: '^/webhooks/' } },
    additionalProperties: false,
  },
  Failure: {
    type: 'object',
    required: ['type', 'message', 'fault'],
    properties: { type: { enum: Object.keys(failureTypes) }, message: text, fault: text },
  },
  Handled: {
    type: 'object',
    required: ['index', 'componentId', 'output'],
    properties: { index: { type: 'integer' }, componentId: text, output: {} },
    additionalProperties: false,
  },
  Health: {
    type: 'object',
    required: ['status'],
    properties: { status: { const: 'ok' } },
    additionalProperties: false,
  },
} as const
