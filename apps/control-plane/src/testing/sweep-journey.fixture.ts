import { createHash } from 'node:crypto';

import { create, equals } from '@bufbuild/protobuf';
import { type Client, createClient } from '@connectrpc/connect';
import {
  AgentUpdateService,
  type ApplyResponse,
  ApplyResponseSchema,
  BasicAuthSchema,
  ConditionStatus,
  type DeleteResponse,
  DeleteResponseSchema,
  FleetService,
  JoinService,
  Kind,
  type Operation,
  Operation_State,
  OperationService,
  ReleaseService,
  type Resource,
  ResourceSchema,
  ResourceService,
  type Rollout,
  Rollout_State,
  SiteSpecSchema,
} from '@ostler/contracts';
import { newUid } from '@ostler/kernel';

import { newCsr } from '../link/start-link-app.fixture';
import { eventually } from '../resources/engine.fixture';
import { callAs } from './call-as.fixture';
import type { MortalControlPlane } from './mortal-control-plane.fixture';
import { signInFirst } from './sign-in-first.fixture';
import { type SteadyAgent, UPDATED_VERSION } from './steady-agent.fixture';

const SERVER = 'edge';
const SITE = 'shop';
const WITHIN_MS = 60_000;
const content = Buffer.from('the first half, the second half');
const sha256 = createHash('sha256').update(content).digest();

/** What was answered, to be compared with what is there at the end. */
export interface Journey {
  /** Rejects when the agent could not stay; resolves some time after it leaves. */
  readonly joined: Promise<void>;
  readonly serverUid: string;
  readonly siteUid: string;
  readonly operation: Operation;
  readonly rollout: Rollout;
  readonly digest: string;
  /** Of each mutation, with the method that it was for. */
  readonly requests: Readonly<Record<string, string>>;
}

/**
 * One way through everything that the control plane makes durable. Each call is repeated, with the same
 * request id, when the process dies under it; the person and the agent notice nothing else.
 */
export async function travel(plane: MortalControlPlane, agent: SteadyAgent): Promise<Journey> {
  const token = await signInFirst(plane);
  const { serverUid, joined } = await joinServer(plane, agent, token);
  const release = await publish(plane, token);
  const changes = await changeSite(plane, agent, token, release.digest);
  const started = await operate(plane, token);
  const updated = await update(plane, token);
  const removed = await removeSite(plane, token);
  return {
    joined,
    serverUid,
    siteUid: changes.siteUid,
    operation: started.operation,
    rollout: updated.rollout,
    digest: release.digest,
    requests: {
      ...release.requests,
      ...changes.requests,
      ...started.requests,
      ...updated.requests,
      ...removed,
    },
  };
}

/** The token is for one server: whoever joins with it again must be the same. */
async function joinServer(plane: MortalControlPlane, agent: SteadyAgent, session: string) {
  const { csr, keyPem } = await newCsr();
  const requestId = newUid();
  const { token } = await plane.call((url) => fleet(url, session).createJoinToken({ requestId }));
  const rejoin = () =>
    plane.call((url) => createClient(JoinService, callAs(url)).join({ token, csr, name: SERVER }));
  const { serverUid } = await rejoin();
  const again = await rejoin();
  if (again.serverUid !== serverUid) throw new Error('the same keys joined as another server');
  const joined = agent.stay(keyPem, rejoin);
  joined.catch(() => undefined);
  return { serverUid, joined };
}

async function publish(plane: MortalControlPlane, token: string) {
  const [begun, committed] = [newUid(), newUid()];
  const call = <T>(work: (releases: Client<typeof ReleaseService>) => Promise<T>): Promise<T> =>
    plane.call((url) => work(createClient(ReleaseService, callAs(url, token))));
  const size = BigInt(content.length);
  const files = [{ path: 'index.html', size, sha256 }];
  const { digest } = (await call((releases) => releases.begin({ requestId: begun, files }))).release!;
  for (let offset = 0n; offset < size;) {
    const data = content.subarray(Number(offset), Number(offset) + 16);
    const from = offset;
    const { nextOffset } = await call((releases) => releases.putFile({ sha256, size, offset: from, data }));
    if (nextOffset !== from + BigInt(data.length)) throw new Error(`after ${from} comes ${nextOffset}`);
    offset = nextOffset;
  }
  const { release } = await call((releases) => releases.commit({ requestId: committed, digest }));
  if (!release?.complete) throw new Error('the release is not complete');
  return {
    digest,
    requests: {
      [begun]: 'ostler.api.v1.ReleaseService/Begin',
      [committed]: 'ostler.api.v1.ReleaseService/Commit',
    },
  };
}

async function changeSite(plane: MortalControlPlane, agent: SteadyAgent, token: string, release: string) {
  const requests: Record<string, string> = {};
  let siteUid = '';
  for (const generation of [1n, 2n]) {
    const requestId = newUid();
    requests[requestId] = 'ostler.api.v1.ResourceService/Apply';
    const apply = (): Promise<ApplyResponse> =>
      plane.call((url) =>
        resources(url, token).apply({ requestId, resources: [site(release, `secret ${generation}`)] }),
      );
    const [first, again] = [await apply(), await apply()];
    if (!equals(ApplyResponseSchema, first, again)) throw new Error('a repeat was answered differently');
    siteUid = first.results[0]!.resource!.meta!.uid;
    await eventually(
      () => plane.call((url) => resources(url, token).get({ kind: Kind.SITE, name: SITE })),
      ({ resource }) => isReady(resource, generation) && agent.secrets.size > 0,
      WITHIN_MS,
    );
  }
  return { siteUid, requests };
}

async function operate(plane: MortalControlPlane, token: string) {
  const requestId = newUid();
  const spec = { operation: { case: 'noop' as const, value: {} } };
  const call = <T>(work: (operations: Client<typeof OperationService>) => Promise<T>): Promise<T> =>
    plane.call((url) => work(createClient(OperationService, callAs(url, token))));
  const start = () =>
    call((operations) => operations.start({ requestId, server: SERVER, spec, deadlineSeconds: 60 }));
  const [first, again] = [await start(), await start()];
  const { uid } = first.operation!;
  if (again.operation?.uid !== uid) throw new Error('a repeat started another operation');
  const { operation } = await eventually(
    () => call((operations) => operations.wait({ uid, waitSeconds: 5 })),
    (answer) => answer.operation!.state > Operation_State.RUNNING,
    WITHIN_MS,
  );
  return { operation: operation!, requests: { [requestId]: 'ostler.api.v1.OperationService/Start' } };
}

async function update(plane: MortalControlPlane, token: string) {
  const requestId = newUid();
  const call = <T>(work: (updates: Client<typeof AgentUpdateService>) => Promise<T>): Promise<T> =>
    plane.call((url) => work(createClient(AgentUpdateService, callAs(url, token))));
  await eventually(
    () => call((updates) => updates.listReleases({})),
    ({ releases }) => releases.length > 0,
    WITHIN_MS,
  );
  const start = () =>
    call((updates) => updates.startRollout({ requestId, version: UPDATED_VERSION, server: SERVER }));
  const [first, again] = [await start(), await start()];
  const { uid } = first.rollout!;
  if (again.rollout?.uid !== uid) throw new Error('a repeat started another rollout');
  const { rollout } = await eventually(
    () => call((updates) => updates.getRollout({ uid })),
    (answer) => answer.rollout?.state === Rollout_State.SUCCEEDED,
    WITHIN_MS,
  );
  return { rollout: rollout!, requests: { [requestId]: 'ostler.api.v1.AgentUpdateService/StartRollout' } };
}

async function removeSite(plane: MortalControlPlane, token: string): Promise<Record<string, string>> {
  const requestId = newUid();
  const remove = (): Promise<DeleteResponse> =>
    plane.call((url) => resources(url, token).delete({ requestId, kind: Kind.SITE, name: SITE }));
  const first = await remove();
  await eventually(
    () => plane.call((url) => resources(url, token).list({ kind: Kind.SITE })),
    (page) => page.resources.length === 0,
    WITHIN_MS,
  );
  if (!equals(DeleteResponseSchema, first, await remove()))
    throw new Error('a repeat was answered differently');
  return { [requestId]: 'ostler.api.v1.ResourceService/Delete' };
}

function site(release: string, password: string): Resource {
  const value = create(SiteSpecSchema, {
    placement: { server: SERVER },
    domains: ['shop.example'],
    handler: { answer: { case: 'staticFiles', value: { release } } },
    basicAuth: create(BasicAuthSchema, { users: [{ username: 'guest', password: { value: password } }] }),
  });
  return create(ResourceSchema, { meta: { kind: Kind.SITE, name: SITE }, spec: { case: 'site', value } });
}

function isReady(resource: Resource | undefined, generation: bigint): boolean {
  const ready = resource?.status?.conditions.find(({ type }) => type === 'Ready');
  return resource?.meta?.generation === generation && ready?.status === ConditionStatus.TRUE;
}

const fleet = (url: string, token: string) => createClient(FleetService, callAs(url, token));
const resources = (url: string, token: string) => createClient(ResourceService, callAs(url, token));
