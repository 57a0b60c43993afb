import type { Contract, Method } from './contract.ts';
import { exampleOf } from './examples.ts';
import { refTo } from './message-schema.ts';

/** Beside the answer of a call. */
const answerHeaders = {
  'X-Request-Id': { $ref: '#/components/headers/X-Request-Id' },
  RateLimit: { $ref: '#/components/headers/RateLimit' },
  'RateLimit-Policy': { $ref: '#/components/headers/RateLimit-Policy' },
};

export const pathOf = ({ service, json }: Method): string => `/${service}/${json.name}`;

/** `resources write`; what an error calls it too. */
export function permissionOf({ json }: Method): string {
  const name = (json.options?.['[ostler.meta.v1.permission]'] ?? '') as string;
  return name
    .replace(/^PERMISSION_/, '')
    .toLowerCase()
    .replaceAll('_', ' ');
}

/** A method as Connect takes it in JSON: a POST with the request as the body. */
export function operationOf(contract: Contract, method: Method): object {
  const { json, service } = method;
  const permission = permissionOf(method);
  return {
    operationId: `${service.split('.').at(-1)}_${json.name}`,
    tags: [service],
    summary: summaryOf(method),
    description: descriptionOf(method, permission),
    parameters: [{ $ref: '#/components/parameters/traceparent' }],
    requestBody: {
      required: true,
      content: contentOf(json.inputType, json.serverStreaming, exampleOf(contract, json.inputType)),
    },
    responses: {
      200: {
        description: json.serverStreaming ? 'Messages, as they come.' : 'The answer.',
        headers: answerHeaders,
        content: contentOf(json.outputType, json.serverStreaming),
      },
      default: { $ref: '#/components/responses/Error' },
    },
    ...(permission === 'public' && { security: [] }),
    'x-permission': permission,
    'x-mutation': json.options?.['[ostler.meta.v1.mutation]'] === true,
  };
}

function contentOf(typeName: string, isStream = false, example?: object): object {
  const schema = { $ref: refTo(typeName.replace(/^\./, '')) };
  return {
    [isStream ? 'application/connect+json' : 'application/json']: { schema, ...(example && { example }) },
  };
}

/** `Start rollout` */
function summaryOf({ json }: Method): string {
  const words = json.name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase();
  return words.slice(0, 1).toUpperCase() + words.slice(1);
}

function descriptionOf({ comment, json }: Method, permission: string): string {
  const who =
    permission === 'public'
      ? 'Needs no sign-in.'
      : permission === 'signed in'
        ? 'Needs a sign-in or an API token, whatever its role.'
        : `Needs the permission \`${permission}\`.`;
  const stream =
    'Each message, also the one that is sent, stands behind a byte of flags and four of length (the streaming ' +
    'form of Connect); a client library does that.';
  return [comment, who, json.serverStreaming ? stream : ''].filter((text) => text !== '').join('\n\n');
}
