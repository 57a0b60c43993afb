import { Contract, type FileJson } from './contract.ts';
import { enumSchema, messageSchema, namesIn } from './message-schema.ts';
import { operationOf, pathOf } from './operation.ts';
import type { Schema } from './schema.ts';
import { errorParts } from './shared-parts.ts';

const apiPackage = 'ostler.api.v1.';
const errorInfo = 'ostler.meta.v1.ErrorInfo';

/** The API as OpenAPI 3.1, from the contract alone. */
export function openApiDocument(files: readonly FileJson[], version: string): object {
  const contract = new Contract(files);
  const services = contract.services.filter(({ name }) => name.startsWith(apiPackage)).sort(byName);
  const methods = services.flatMap((service) => service.methods);
  const sent = reached(
    contract,
    methods.map(({ json }) => json.inputType),
  );
  const answered = reached(contract, [...methods.map(({ json }) => json.outputType), errorInfo]);
  return {
    openapi: '3.1.1',
    info: { title: 'Ostler API', version, description: introduction, license },
    externalDocs: { description: 'How to use the API', url: '/docs/guides/api' },
    servers: [{ url: '/', description: 'This control plane' }],
    security: [{ token: [] }, { session: [] }],
    tags: services.map(({ name, comment }) => ({ name, description: comment })),
    paths: Object.fromEntries(
      methods.map((method) => [pathOf(method), { post: operationOf(contract, method) }]),
    ),
    components: { ...errorParts, schemas: schemas(contract, sent, answered) },
  };
}

const license = { name: 'Apache-2.0', identifier: 'Apache-2.0' };

const introduction = [
  'Every method is a POST with a JSON body (the Connect protocol); the same methods answer gRPC and gRPC-Web at ' +
    'the same address. Send an API token as `Authorization: Bearer ost_api_…`.',
  'A mutation takes a `requestId`, a UUID of your own: sent again with the same body it gets the first answer, so ' +
    'a call whose answer was lost is simply repeated. Fields at their default are left out of answers.',
].join('\n\n');

/** The named types and all that they consist of. */
function reached(contract: Contract, names: readonly string[]): Set<string> {
  const found = new Set<string>();
  const waiting = names.map((name) => name.replace(/^\./, ''));
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (found.has(name)) continue;
    found.add(name);
    const message = contract.messages.get(name);
    if (message) waiting.push(...namesIn(message));
  }
  return found;
}

function schemas(
  contract: Contract,
  sent: ReadonlySet<string>,
  answered: ReadonlySet<string>,
): Record<string, Schema> {
  const found: Record<string, Schema> = {};
  for (const name of [...new Set([...sent, ...answered])].sort()) {
    const message = contract.messages.get(name);
    const values = contract.enums.get(name);
    const isMapEntry = message?.json.options?.['mapEntry'] === true;
    if (message && !isMapEntry) found[name] = messageSchema(contract, message, !answered.has(name));
    if (values) found[name] = enumSchema(values);
  }
  return found;
}

const byName = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : 1);
