import type { MessageInitShape } from '@bufbuild/protobuf';
import { ConditionStatus, Kind, type Resource, type ResourceSchema } from '@ostler/contracts';
import { everyPage, newRequestId, type Ostler } from '@ostler/sdk';

/** Resources as a caller writes them. */
export type NewResource = MessageInitShape<typeof ResourceSchema>;

/** A site that answers with this text. */
export function textSite(name: string, server: string, body: string): NewResource {
  return {
    meta: { kind: Kind.SITE, name },
    spec: {
      case: 'site',
      value: {
        placement: { server },
        domains: [domainOf(name)],
        handler: { answer: { case: 'fixedResponse', value: { status: 200, body } } },
      },
    },
  };
}

export function domainOf(name: string): string {
  return `${name}.bench.test`;
}

export async function apply(ostler: Ostler, resources: NewResource[]): Promise<void> {
  await ostler.resources.apply({ requestId: newRequestId(), resources });
}

/** Every site with these labels is Ready at its present generation; throws with the first one's reason. */
export async function everySiteReady(ostler: Ostler, count: number): Promise<boolean> {
  let ready = 0;
  for await (const { resources } of pagesOf(ostler)) {
    for (const resource of resources) if (isReady(resource)) ready += 1;
  }
  if (ready < count) throw new Error(`${ready} of ${count} sites are Ready`);
  return true;
}

function pagesOf(ostler: Ostler) {
  return everyPage((pageToken) => ostler.resources.list({ kind: Kind.SITE, pageSize: 1000, pageToken }));
}

export function isReady(resource: Resource): boolean {
  return conditionOf(resource)?.status === ConditionStatus.TRUE;
}

export function conditionOf(resource: Resource, type = 'Ready') {
  return resource.status?.conditions.find((one) => one.type === type);
}
