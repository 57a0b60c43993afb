import { refTo } from './message-schema.ts';

const headers = {
  'X-Request-Id': {
    description:
      'The trace of the call, to ask about it: the logs of the control plane and the agents have it.',
    schema: { type: 'string' },
  },
  RateLimit: {
    description: 'What is left: `r` calls now, all of them again after `t` seconds.',
    schema: { type: 'string', examples: ['"reads";r=998;t=1'] },
  },
  'RateLimit-Policy': {
    description: 'What is allowed: `q` calls within `w` seconds.',
    schema: { type: 'string', examples: ['"reads";q=1000;w=2'] },
  },
  'Retry-After': {
    description: 'Seconds after which the same call may succeed; absent when waiting does not help.',
    schema: { type: 'integer', minimum: 1 },
  },
};

/** Names of codes as Connect writes them (https://connectrpc.com/docs/protocol/#error-codes). */
const codes = [
  'canceled', 'unknown', 'invalid_argument', 'deadline_exceeded', 'not_found', 'already_exists', 'permission_denied',
  'resource_exhausted', 'failed_precondition', 'aborted', 'out_of_range', 'unimplemented', 'internal', 'unavailable',
  'data_loss', 'unauthenticated',
]; // prettier-ignore

const errorSchema = {
  type: 'object',
  properties: {
    code: { type: 'string', enum: codes },
    message: { type: 'string', description: 'What happened, why, and what to do.' },
    details: {
      type: 'array',
      description: `One of them is of the type \`ostler.meta.v1.ErrorInfo\`: the reason, the fields, when to try again.`,
      items: {
        type: 'object',
        properties: {
          type: { type: 'string', examples: ['ostler.meta.v1.ErrorInfo'] },
          value: {
            type: 'string',
            contentEncoding: 'base64',
            description: 'The detail in binary, without padding.',
          },
          debug: { $ref: refTo('ostler.meta.v1.ErrorInfo'), description: 'The detail in JSON.' },
        },
        required: ['type', 'value'],
      },
    },
  },
  required: ['code'],
};

/** What every operation refers to. */
export const errorParts = {
  securitySchemes: {
    token: {
      type: 'http',
      scheme: 'bearer',
      description:
        'An API token (`ost_api_…`), made in the console, with `ostler token create` or by the API.',
    },
    session: {
      type: 'apiKey',
      in: 'cookie',
      name: '__Host-ostler_session',
      description: 'The session of the console in a browser; without TLS its name is `ostler_session`.',
    },
  },
  parameters: {
    traceparent: {
      name: 'traceparent',
      in: 'header',
      required: false,
      description: 'The trace that the call belongs to (W3C Trace Context); it goes on into the logs.',
      schema: { type: 'string', pattern: '^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}' },
    },
  },
  headers,
  responses: {
    Error: {
      description: 'It was refused or failed; the reason is in the details.',
      headers: {
        'X-Request-Id': { $ref: '#/components/headers/X-Request-Id' },
        'Retry-After': { $ref: '#/components/headers/Retry-After' },
        RateLimit: { $ref: '#/components/headers/RateLimit' },
        'RateLimit-Policy': { $ref: '#/components/headers/RateLimit-Policy' },
      },
      content: { 'application/json': { schema: errorSchema } },
    },
  },
};
