import { X509Certificate } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import { createClient } from '@connectrpc/connect';
import {
  ChallengePublishSchema,
  Kind,
  PlanRequestSchema,
  ResourceService,
  SignRequestSchema,
  type ChallengeServe,
} from '@ostler/contracts';
import { newUid } from '@ostler/kernel';
import { MemoryAgent } from '@ostler/link-protocol/memory';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { ConnectedAgents } from './connected-agents';
import {
  connectAgent,
  type LinkApp,
  newCsr,
  startLinkApp,
  type TestAgent,
  type TestIdentity,
} from './start-link-app.fixture';

/** Serves challenges, or says why not. */
class ServingAgent extends MemoryAgent {
  readonly served: ChallengeServe[] = [];
  refusal = '';

  override serveChallenge = ((challenge: ChallengeServe) => {
    this.served.push(challenge);
    return this.refusal === '' ? Promise.resolve() : Promise.reject(new Error(this.refusal));
  }) as MemoryAgent['serveChallenge'];
}

let app: LinkApp;
let certificateUid: string;
let identities: readonly TestIdentity[];
let lanes: readonly TestAgent[];
const agents = [new ServingAgent(), new ServingAgent(), new ServingAgent()] as const;

function demand(holds: boolean, what: string): void {
  if (!holds) throw new Error(`not yet: ${what}`);
}

beforeAll(async () => {
  app = await startLinkApp();
  const { token } = await app.fleet.createJoinToken({
    requestId: newUid(),
    maximumUses: 2,
    labels: { role: 'web' },
  });
  identities = [await app.join('one', token), await app.join('two', token), await app.join('apart')];
  const resources = createClient(ResourceService, app.transport(app.token));
  const certificate = {
    domains: ['shop.example'],
    source: { case: 'selfSigned' as const, value: { lifetimeDays: 7 } },
  };
  const site = {
    placement: { selector: { role: 'web' } },
    domains: ['shop.example'],
    handler: { answer: { case: 'staticFiles' as const, value: { root: '/srv/shop' } } },
    tls: { certificate: { kind: Kind.CERTIFICATE, name: 'shop' } },
  };
  const { results } = await resources.apply({
    requestId: newUid(),
    resources: [
      { meta: { kind: Kind.CERTIFICATE, name: 'shop' }, spec: { case: 'certificate', value: certificate } },
      { meta: { kind: Kind.SITE, name: 'shop' }, spec: { case: 'site', value: site } },
    ],
  });
  certificateUid = results.find(({ resource }) => resource?.meta?.kind === Kind.CERTIFICATE)!.resource!.meta!
    .uid;
  lanes = identities.map((identity, index) => connectAgent(app.agentPort, identity, agents[index]));
  await vi.waitFor(
    () => demand(agents[0].stored.revision > 0n && agents[1].stored.revision > 0n, 'both have a manifest'),
    {
      timeout: 10_000,
    },
  );
  await vi.waitFor(() => demand(lanes[2]!.lane.running, 'the third lane runs'), { timeout: 15_000 });
});
afterAll(() => app.close());

const sign = async (index: number, uid = certificateUid) =>
  lanes[index]!.lane.sign(
    create(SignRequestSchema, { requestId: newUid(), certificateUid: uid, csr: (await newCsr()).csr }),
  );

const publish = (index: number, domain: string) =>
  lanes[index]!.lane.publishChallenge(
    create(ChallengePublishSchema, {
      requestId: newUid(),
      certificateUid,
      domain,
      token: 'challenge-token',
      keyAuthorization: 'challenge-token.thumbprint',
    }),
  );

test('the manifest of a real site reaches its agents, and the bodies that they lack', () => {
  expect(agents[0].bodies.size).toBe(2);
  expect(agents[2].bodies.size).toBe(0);
});

test('a development certificate names the domains of the spec, for as long as the spec says', async () => {
  const { certificateChain, message } = await sign(0);
  expect(message).toBe('');
  const leaf = new X509Certificate(certificateChain[0]!);
  expect(leaf.subjectAltName).toBe('DNS:shop.example');
  expect(leaf.validToDate.getTime() - Date.now()).toBeLessThanOrEqual(7 * 86_400_000);
});

test('a server on which it is not placed, and a uid that is none, get no certificate and are told why', async () => {
  for (const refused of [await sign(2), await sign(0, newUid()), await sign(0, 'no uid')]) {
    expect(refused.certificateChain).toEqual([]);
    expect(refused.message).not.toBe('');
  }
});

test('a challenge is served by every other server of the certificate before the agent goes on', async () => {
  expect(await publish(0, 'shop.example')).toMatchObject({ servedEverywhere: true, message: '' });
  expect(agents[1].served.map(({ domain, token }) => [domain, token])).toEqual([
    ['shop.example', 'challenge-token'],
  ]);
  expect([agents[0].served, agents[2].served]).toEqual([[], []]);
});

test('a server that cannot serve it is named, and so is one that is away', async () => {
  agents[1].refusal = 'port 80 is taken';
  expect(await publish(0, 'shop.example')).toMatchObject({
    servedEverywhere: false,
    message: 'two: port 80 is taken',
  });
  lanes[1]!.close();
  await lanes[1]!.end;
  await vi.waitFor(() => expect(app.app.get(ConnectedAgents).get(identities[1]!.serverUid)).toBeUndefined(), {
    timeout: 10_000,
  });
  const away = await publish(0, 'shop.example');
  expect(away.servedEverywhere).toBe(false);
  expect(away.message).toContain('two: The server is not connected');
});

test('nobody publishes a challenge for a domain that is not of its certificate', async () => {
  expect((await publish(0, 'bank.example')).message).toContain('bank.example');
  expect((await publish(2, 'shop.example')).servedEverywhere).toBe(false);
});

test('a plan is asked of the agent, and a server that is away says so', async () => {
  const connected = app.app.get(ConnectedAgents);
  const request = create(PlanRequestSchema, { planId: newUid() });
  expect(await connected.plan(identities[0]!.serverUid, request, 3000)).toMatchObject({
    valid: true,
    message: 'planned',
  });
  await expect(connected.plan(identities[1]!.serverUid, request, 3000)).rejects.toThrow('not connected');
});
