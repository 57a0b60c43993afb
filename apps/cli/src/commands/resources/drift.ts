import { ErrorReason, type Resource } from '@ostler/contracts';
import { explainError, type Ostler } from '@ostler/sdk';
import { titleOf } from './prune';

/** Calls under way at a time, for folders with hundreds of files. */
const AT_ONCE = 16;

/** A file that the agent manages and somebody changed by hand. */
export interface Drift {
  readonly name: string;
  readonly server: string;
  readonly path: string;
  /** Unified diff, secrets masked. */
  readonly diff: string;
}

/** What the servers last reported of the resources. One that is not there yet has none. */
export async function findDrift(ostler: Ostler, resources: readonly Resource[]): Promise<Drift[]> {
  const live: (Resource | undefined)[] = [];
  for (let at = 0; at < resources.length; at += AT_ONCE) {
    const some = resources.slice(at, at + AT_ONCE);
    live.push(...(await Promise.all(some.map((resource) => get(ostler, resource)))));
  }
  return live.flatMap((resource) =>
    (resource?.status?.placementStatuses ?? []).flatMap(({ serverName, drift }) =>
      drift.map(({ path, diff }) => ({ name: titleOf(resource?.meta), server: serverName, path, diff })),
    ),
  );
}

async function get(ostler: Ostler, { meta }: Resource): Promise<Resource | undefined> {
  try {
    return (await ostler.resources.get({ kind: meta!.kind, name: meta!.name })).resource;
  } catch (error) {
    if (explainError(error).reason === ErrorReason.NOT_FOUND) return undefined;
    throw error;
  }
}
