import { createClient, type Interceptor } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import {
  AuditService,
  type ChangeCause,
  Kind,
  OperationService,
  type OperationStart,
  ResourceService,
} from '@ostler/contracts';
import { newUid } from '@ostler/kernel';
import type { Fence, StoreOutcome } from '@ostler/link-protocol';
import { MemoryAgent } from '@ostler/link-protocol/memory';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';

import { CompileService } from '../manifest/compile.service';
import { connectAgent, type LinkApp, startLinkApp } from './start-link-app.fixture';

/** Keeps what it is told of the calls behind manifests and operations. */
class ListeningAgent extends MemoryAgent {
  readonly causes: ChangeCause[] = [];
  readonly starts: OperationStart[] = [];

  override storeManifest(
    fence: Fence,
    _index?: Uint8Array,
    causes: readonly ChangeCause[] = [],
  ): Promise<StoreOutcome> {
    this.causes.push(...causes);
    return super.storeManifest(fence);
  }

  override startOperation(start: OperationStart): Promise<void> {
    this.starts.push(start);
    return super.startOperation(start);
  }
}

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const requestId = newUid();
let app: LinkApp;
let agent: ListeningAgent;
let leave: () => Promise<unknown>;

beforeAll(async () => {
  app = await startLinkApp();
  agent = new ListeningAgent();
  const lane = connectAgent(app.agentPort, await app.join('worker'), agent);
  await vi.waitUntil(() => lane.lane.running);
  leave = () => (lane.close(), lane.end);
});
afterAll(async () => {
  await leave?.();
  await app?.close();
});

/** Calls within a trace of its own, as its caller began it. */
const traced: Interceptor = (next) => (request) => {
  request.header.set('authorization', `Bearer ${app.token}`);
  request.header.set('traceparent', `00-${traceId}-00f067aa0ba902b7-01`);
  return next(request);
};
const transport = () =>
  createConnectTransport({ baseUrl: app.url, httpVersion: '1.1', interceptors: [traced] });
const compile = () => app.app.get(CompileService, { strict: false }).compileAll(new AbortController().signal);
const ofThisTrace = expect.stringMatching(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`)) as string;

test('a change takes its request and its trace along to the agent, and so does its end', async () => {
  const resources = createClient(ResourceService, transport());
  const site = {
    placement: { server: 'worker' },
    domains: ['traced.example'],
    handler: { answer: { case: 'fixedResponse' as const, value: { status: 200 } } },
  };
  const { results } = await resources.apply({
    requestId,
    resources: [{ meta: { kind: Kind.SITE, name: 'traced' }, spec: { case: 'site', value: site } }],
  });
  const { uid } = results[0]!.resource!.meta!;
  await compile();
  await vi.waitFor(() => expect(agent.causes).toHaveLength(1), { timeout: 10_000 });
  expect(agent.causes[0]).toMatchObject({ uid, generation: 1n, requestId, traceparent: ofThisTrace });

  const deletion = newUid();
  await resources.delete({ requestId: deletion, kind: Kind.SITE, name: 'traced' });
  await compile();
  await vi.waitFor(() => expect(agent.causes).toHaveLength(2), { timeout: 10_000 });
  expect(agent.causes[1]).toMatchObject({ uid, requestId: deletion, traceparent: ofThisTrace });
});

test('an operation says who asked for it, here and on the server', async () => {
  const operations = createClient(OperationService, transport());
  const asked = newUid();
  const spec = { operation: { case: 'noop' as const, value: {} } };
  const { operation } = await operations.start({ requestId: asked, server: 'worker', spec, waitSeconds: 10 });
  expect(operation).toMatchObject({ requestId: asked, traceId });
  expect(agent.starts).toMatchObject([{ uid: operation!.uid, requestId: asked, traceparent: ofThisTrace }]);
});

test('the trail finds what a call did by its request or its trace', async () => {
  const trail = createClient(AuditService, transport());
  const subjects = async (request: string) =>
    (await trail.list({ request })).entries.map(({ subject }) => subject);
  expect(await subjects(requestId)).toEqual(['Site traced']);
  expect(await subjects(traceId.toUpperCase())).toContain('Site traced');
  expect(await subjects(newUid())).toEqual([]);
  const { entries } = await trail.list({ request: requestId });
  expect(entries[0]?.traceId).toBe(traceId);
});
