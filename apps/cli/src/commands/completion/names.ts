import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Kind } from '@ostler/contracts';
import type { Ostler } from '@ostler/sdk';
import type { CommandContext } from '../../command-context';

/** Names that a person chose, of one sort of thing. */
export type Source =
  | 'sites'
  | 'certificates'
  | 'servers'
  | 'selectors'
  | 'waiting'
  | 'operations'
  | 'rollouts'
  | 'versions'
  | 'tokens'
  | 'people'
  | 'join-tokens';

/** A person who presses the tab key again wants the same words at once. */
const GOOD_FOR_MS = 10_000;
/** Nobody waits longer at a prompt; better no words than a stuck one. */
const PATIENCE_MS = 1_500;
const MOST = 1_000;

type Ask = (ostler: Ostler, signal: AbortSignal) => Promise<readonly string[]>;

const ask: Readonly<Record<Source, Ask>> = {
  sites: (ostler, signal) => resources(ostler, Kind.SITE, signal),
  certificates: (ostler, signal) => resources(ostler, Kind.CERTIFICATE, signal),
  servers: async ({ fleet }, signal) =>
    (await fleet.listServers({ pageSize: MOST }, { signal })).servers.map(({ name }) => name),
  selectors: async ({ fleet }, signal) =>
    (await fleet.listSavedSelectors({}, { signal })).selectors.map(({ name }) => name),
  waiting: async ({ fleet }, signal) =>
    (await fleet.listWaitingServers({}, { signal })).waitingServers.map(({ name }) => name),
  operations: async ({ operations }, signal) =>
    (await operations.list({ pageSize: 50 }, { signal })).operations.map(
      ({ uid, spec, serverName }) => `${uid}\t${spec?.operation.case ?? ''} on ${serverName}`,
    ),
  rollouts: async ({ agentUpdates }, signal) =>
    (await agentUpdates.listRollouts({}, { signal })).rollouts.map(
      ({ uid, version }) => `${uid}\t${version}`,
    ),
  versions: async ({ agentUpdates }, signal) =>
    (await agentUpdates.listReleases({}, { signal })).releases.map(({ version }) => version),
  tokens: async ({ identity }, signal) =>
    (await identity.listApiTokens({}, { signal })).apiTokens
      .filter(({ revoked }) => !revoked)
      .map(({ uid, name }) => `${uid}\t${name}`),
  people: async ({ identity }, signal) =>
    (await identity.listPeople({}, { signal })).people.map(({ uid, email }) => `${uid}\t${email}`),
  'join-tokens': async ({ fleet }, signal) =>
    (await fleet.listJoinTokens({}, { signal })).joinTokens.map(
      ({ uid, description }) => `${uid}\t${description}`,
    ),
};

async function resources({ resources: service }: Ostler, kind: Kind, signal: AbortSignal): Promise<string[]> {
  const { resources: found } = await service.list({ kind, pageSize: MOST }, { signal });
  return found.map(({ meta }) => meta?.name ?? '');
}

/** Words of a source, from a moment ago where that is known. Throws like any call when the control plane is away. */
export async function namesOf(context: CommandContext, source: Source): Promise<readonly string[]> {
  const file = join(context.environment.cacheFolder, `names-${source}-${keyOf(context)}.json`);
  const known = readFresh(file);
  if (known) return known;
  const names = await ask[source](context.ostler(), AbortSignal.timeout(PATIENCE_MS));
  mkdirSync(context.environment.cacheFolder, { recursive: true, mode: 0o700 });
  writeFileSync(file, JSON.stringify(names), { mode: 0o600 });
  return names;
}

/** Another control plane or another person sees other names. */
function keyOf(context: CommandContext): string {
  const who = `${context.url}\n${context.token()}`;
  return createHash('sha256').update(who).digest('hex').slice(0, 16);
}

function readFresh(file: string): readonly string[] | undefined {
  try {
    if (Date.now() - statSync(file).mtimeMs > GOOD_FOR_MS) return undefined;
    const names: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return Array.isArray(names) ? names.map(String) : undefined;
  } catch {
    return undefined;
  }
}
