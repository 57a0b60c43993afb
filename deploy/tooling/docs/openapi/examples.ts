import type { Contract, Message } from './contract.ts';
import { messageSchema } from './message-schema.ts';
import type { Schema } from './schema.ts';

/** Stands for a new UUID; the page on which a call is tried puts one in its place. */
export const exampleUuid = '3f2b1c9e-8d4a-4f6b-9c1d-2e7a5b8c0d1f';

const site = {
  meta: { kind: 'KIND_SITE', name: 'hello' },
  site: {
    placement: { server: 'web-1' },
    domains: ['hello.localhost'],
    handler: { fixedResponse: { status: 200, body: 'Hello from Ostler' } },
  },
};

/** Requests that show what a method is for; the others say what they must. */
const chosen: Readonly<Record<string, object>> = {
  'ostler.api.v1.ApplyRequest': { requestId: exampleUuid, resources: [site], dryRun: true },
  'ostler.api.v1.ListRequest': { kind: 'KIND_SITE', pageSize: 10 },
  'ostler.api.v1.GetServerRequest': { name: 'web-1' },
  'ostler.api.v1.CheckConnectionRequest': { name: 'web-1' },
  'ostler.api.v1.ListServersRequest': { pageSize: 10 },
  'ostler.api.v1.ListAuditEntriesRequest': { pageSize: 10 },
  'ostler.api.v1.ListOperationsRequest': { pageSize: 10 },
  'ostler.api.v1.StartOperationRequest': {
    requestId: exampleUuid,
    server: 'web-1',
    spec: { diagnose: {} },
    waitSeconds: 10,
  },
};

/** By the name of the field, where any text would not do. */
const texts: Readonly<Record<string, string>> = {
  name: 'hello',
  server: 'web-1',
  email: 'ann@example.com',
  password: 'correct horse battery',
  currentPassword: 'correct horse battery',
  newPassword: 'another horse battery',
  sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  digest: 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  path: 'index.html',
  code: 'BCDF-GHJK',
};

const leastRole = 'ROLE_VIEWER';

/** A request that keeps the rules of the contract, with as little as is needed. */
export function exampleOf(contract: Contract, typeName: string): object {
  const name = typeName.replace(/^\./, '');
  return chosen[name] ?? (valueOf(contract, contract.messages.get(name)!) as object);
}

function valueOf(contract: Contract, message: Message): unknown {
  const { properties = {}, required = [], allOf = [] } = messageSchema(contract, message, false);
  const first = allOf.flatMap(({ oneOf = [] }) =>
    oneOf.some(({ not }) => not) ? [] : (oneOf[0]?.required ?? []),
  );
  const names = [...required, ...first];
  return Object.fromEntries(names.map((name) => [name, ofSchema(contract, properties[name]!, name)]));
}

function ofSchema(contract: Contract, schema: Schema, name: string): unknown {
  if (schema.$ref !== undefined) return ofType(contract, schema.$ref.split('/').at(-1)!);
  const type = Array.isArray(schema.type) ? 'integer' : schema.type;
  if (schema.enum) return schema.enum[0];
  if (type === 'array') return [ofSchema(contract, schema.items ?? {}, name.replace(/s$/, ''))];
  if (type === 'object') return (schema.minProperties ?? 0) > 0 ? { role: 'web' } : {};
  if (type === 'boolean') return true;
  if (type === 'integer') return schema.minimum ?? 0;
  if (schema.format === 'uuid') return exampleUuid;
  if (schema.format === 'date-time') return '2030-01-01T00:00:00Z';
  return texts[name] ?? 'text';
}

function ofType(contract: Contract, typeName: string): unknown {
  const message = contract.messages.get(typeName);
  if (message) return valueOf(contract, message);
  const names = (contract.enums.get(typeName)?.json.value ?? []).map((value) => value.name);
  return names.includes(leastRole) ? leastRole : names[1];
}
