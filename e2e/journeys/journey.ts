import { create } from '@bufbuild/protobuf';
import { type Condition, ConditionStatus, Kind, type Resource, ResourceSchema } from '@ostler/contracts';
import { parseSpecFile } from '@ostler/resource-model';
import { newRequestId, type Ostler } from '@ostler/sdk';

import { waitFor } from '../harness';

/** The resources of a spec file that is known to be right. */
export function resourcesOf(text: string): Resource[] {
  const { resources, violations } = parseSpecFile(text);
  if (violations.length > 0) throw new Error(JSON.stringify(violations));
  return [...resources];
}

export async function applyText(ostler: Ostler, text: string): Promise<Resource[]> {
  const resources = resourcesOf(text);
  const { results } = await ostler.resources.apply({ requestId: newRequestId(), resources });
  return results.map(({ resource }) => resource ?? create(ResourceSchema));
}

export async function readResource(ostler: Ostler, name: string, kind = Kind.SITE): Promise<Resource> {
  const { resource } = await ostler.resources.get({ kind, name });
  return resource ?? create(ResourceSchema);
}

export function conditionOf(resource: Resource, type = 'Ready'): Condition | undefined {
  return resource.status?.conditions.find((one) => one.type === type);
}

/** Waits until it is Ready; the message of the condition is told when it does not become so. */
export async function waitForReady(ostler: Ostler, name: string, kind = Kind.SITE): Promise<Resource> {
  let last: Resource | undefined;
  await waitFor(`${name} is Ready`, async () => {
    last = await readResource(ostler, name, kind);
    const ready = conditionOf(last);
    if (ready?.status === ConditionStatus.TRUE) return true;
    throw new Error(`${ready?.reason}: ${ready?.message}`);
  });
  return last!;
}

/** Waits until the condition Ready of a site gives this reason. */
export async function waitForReason(ostler: Ostler, name: string, reason: string): Promise<Condition> {
  let ready: Condition | undefined;
  await waitFor(`${name} says ${reason}`, async () => {
    ready = conditionOf(await readResource(ostler, name));
    return ready?.reason === reason;
  });
  return ready!;
}
