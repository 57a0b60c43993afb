import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { createClient } from '@connectrpc/connect';
import {
  type AgentFrame,
  ControlLaneService,
  type ControlPlaneFrame,
  FleetService as FleetContract,
  JoinService as JoinContract,
  type JoinResponse,
  OperationService,
} from '@ostler/contracts';
import { newUid, systemClock } from '@ostler/kernel';
import { AgentControlLane, type AgentControlLaneOptions, type LaneEnd } from '@ostler/link-protocol';
import { GrpcLaneStream, methodDefinition } from '@ostler/link-protocol/grpc';
import { MemoryAgent } from '@ostler/link-protocol/memory';
import { AuthorityModule } from '../authority';
import { newKeyPair, privateKeyToDer, toPem } from '../authority/key-pairs';
import { Pkcs10CertificateRequestGenerator } from '../authority/x509';
import { FleetModule } from '../fleet';
import { OperationsModule } from '../operations';
import { Addresses } from '../platform/http';
import { startTestApp } from '../start-test-app.fixture';
import { LinkModule, LinkService } from '.';

export interface TestIdentity {
  readonly keyPem: string;
  readonly chainPem: string;
  readonly caPem: string;
  readonly serverUid: string;
  readonly serverName: string;
  readonly csr: Uint8Array;
}

const open = methodDefinition(ControlLaneService.method.open);
export const AGENT_NAME = 'agents.ostler.internal';

/** The rooms of the link with the real engine, listeners and database; agents are in memory. */
export async function startLinkApp(
  more: readonly object[] = [],
  environment: Readonly<Record<string, string>> = {},
) {
  const rooms = [AuthorityModule, LinkModule, FleetModule, OperationsModule, ...more];
  const app = await startTestApp(rooms, undefined, environment);
  const link = app.app.get(LinkService);
  const agentPort = await link.listen(0);
  app.app.get(Addresses).tell({ loopback: app.port, public: app.port, agent: agentPort });
  const { email, password } = app.firstLogin;
  const token = await app.signIn(email, password, 'correct horse battery');
  const fleet = createClient(FleetContract, app.transport(token));
  const operations = createClient(OperationService, app.transport(token));
  const joining = createClient(JoinContract, app.transport());

  const newToken = async (
    wish: { maximumUses?: number; lifetimeSeconds?: number; waitingRoom?: boolean } = {},
  ) => fleet.createJoinToken({ requestId: newUid(), ...wish });

  const join = async (name: string, joinToken?: string): Promise<TestIdentity> => {
    const key = await newCsr();
    const answer = await joining.join({ token: joinToken ?? (await newToken()).token, csr: key.csr, name });
    return { ...key, ...pemsOf(answer), serverUid: answer.serverUid, serverName: answer.serverName };
  };

  const close = async (): Promise<void> => {
    await link.close();
    await app.close();
  };
  return { ...app, link, agentPort, token, fleet, operations, joining, newToken, join, close };
}

export type LinkApp = Awaited<ReturnType<typeof startLinkApp>>;

export async function newCsr(): Promise<{ keyPem: string; csr: Uint8Array }> {
  const keys = await newKeyPair();
  const signingAlgorithm = { name: 'ECDSA', hash: 'SHA-256' };
  const request = await Pkcs10CertificateRequestGenerator.create({ keys, signingAlgorithm });
  return {
    keyPem: toPem('PRIVATE KEY', await privateKeyToDer(keys.privateKey)),
    csr: new Uint8Array(request.rawData),
  };
}

export function pemsOf({ certificateChain, caBundle }: Pick<JoinResponse, 'certificateChain' | 'caBundle'>) {
  const pem = (certificates: Uint8Array[]) => certificates.map((der) => toPem('CERTIFICATE', der)).join('');
  return { chainPem: pem(certificateChain), caPem: pem(caBundle) };
}

type Trust = Pick<TestIdentity, 'caPem'> & Partial<Pick<TestIdentity, 'keyPem' | 'chainPem'>>;

/** A connection as an agent makes it; without key and chain it shows no certificate. */
export function dial(port: number, { caPem, keyPem, chainPem }: Trust): Client {
  const [key, chain] = [keyPem, chainPem].map((pem) => (pem ? Buffer.from(pem) : null));
  return new Client(`127.0.0.1:${port}`, credentials.createSsl(Buffer.from(caPem), key, chain), {
    'grpc.ssl_target_name_override': AGENT_NAME,
    'grpc.use_local_subchannel_pool': 1,
  });
}

export interface TestAgent {
  readonly agent: MemoryAgent;
  readonly lane: AgentControlLane;
  readonly end: Promise<LaneEnd>;
  close(): void;
}

/** An agent in memory on a real connection. The same `instanceId` is the same process of the agent. */
export function connectAgent(
  port: number,
  identity: Trust,
  agent = new MemoryAgent(),
  instanceId: string = newUid(),
  agentVersion = 'test',
  more: Partial<AgentControlLaneOptions> = {},
): TestAgent {
  const client = dial(port, identity);
  const call = client.makeBidiStreamRequest(
    open.path,
    open.requestSerialize,
    open.responseDeserialize,
    new Metadata(),
  );
  const stream = new GrpcLaneStream<ControlPlaneFrame, AgentFrame>(call);
  const lane = new AgentControlLane(stream, agent, {
    clock: systemClock,
    identity: { agentVersion, featureLevel: 1, bootId: 'boot', instanceId },
    ...more,
  });
  agent.poke = () => {
    lane.pokeStatus();
    lane.pokeOperations();
  };
  const end = lane.run();
  void end.then(() => client.close());
  return { agent, lane, end, close: () => lane.stop() };
}
