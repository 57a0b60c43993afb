import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { type Timestamp, timestampFromMs } from '@bufbuild/protobuf/wkt';
import {
  CertificateSpecSchema,
  type Condition,
  ConditionSchema,
  type ConditionStatus,
  type JoinToken,
  Kind,
  type Person,
  PersonSchema,
  type Resource,
  ResourceSchema,
  Role,
  type Server,
  Server_State,
  ServerSchema,
  SiteSpecSchema,
  type WaitingServer,
  WaitingServerSchema,
} from '@ostler/contracts';
import { newUid } from '@ostler/kernel';

export const daysFromNow = (days: number): Timestamp => timestampFromMs(Date.now() + days * 86_400_000);
export const hoursFromNow = (hours: number): Timestamp => daysFromNow(hours / 24);
export const minutesAgo = (minutes: number): Timestamp => timestampFromMs(Date.now() - minutes * 60_000);

export function condition(type: string, status: ConditionStatus, reason: string, message: string): Condition {
  return create(ConditionSchema, { type, status, reason, message, lastTransitionAt: minutesAgo(2) });
}

export function makePerson(role: Role, mustChangePassword = false): Person {
  const name = Role[role].toLowerCase();
  return create(PersonSchema, {
    uid: newUid(),
    email: `${name}@example.test`,
    displayName: '',
    role,
    mustChangePassword,
    createdAt: daysFromNow(-40),
    lastSignInAt: minutesAgo(30),
  });
}

const capabilities: MessageInitShape<typeof ServerSchema>['capabilities'] = [
  { name: 'nginx', available: true, detail: '1.22.1' },
  { name: 'nginx.managed', available: true, detail: 'conf.d hook in place' },
  { name: 'systemd', available: true, detail: '252' },
  { name: 'cgroup2', available: true, detail: 'unified hierarchy' },
  { name: 'ipv6', available: true, detail: '' },
  {
    name: 'docker',
    available: false,
    detail: 'Docker is not installed. Install docker.io to run containers.',
  },
];

function factsOf(name: string): NonNullable<MessageInitShape<typeof ServerSchema>['facts']> {
  const number = new TextEncoder().encode(name).reduce((sum, byte) => sum + byte, 0) % 250;
  return {
    hostname: `${name}.example.test`,
    os: 'Debian GNU/Linux 12 (bookworm)',
    kernel: '6.1.0-28-amd64',
    architecture: 'x86_64',
    cpus: 2,
    memoryBytes: 4_108_234_752n,
    addresses: [`192.0.2.${number}`, `2001:db8::${number.toString(16)}`],
    nginxVersion: '1.22.1',
    systemdVersion: '252',
    httpPort: 80,
    httpsPort: 443,
    cpuModel: 'AMD EPYC 7543 32-Core Processor',
    disks: [
      { mountPoint: '/', fileSystem: 'ext4', sizeBytes: 42_949_672_960n, freeBytes: 30_923_764_531n },
      { mountPoint: '/srv', fileSystem: 'xfs', sizeBytes: 214_748_364_800n, freeBytes: 96_636_764_160n },
    ],
    bootedAt: daysFromNow(-12),
  };
}

/** A connected Debian server that can do everything, unless told otherwise. */
export function makeServer(
  name: string,
  init: Partial<Pick<Server, 'labels' | 'state' | 'agentVersion'>> = {},
): Server {
  return create(ServerSchema, {
    uid: newUid(),
    name,
    state: Server_State.CONNECTED,
    stateSince: minutesAgo(60 * 26),
    lastSeenAt: minutesAgo(0),
    agentVersion: '0.1.0',
    featureLevel: 1,
    revision: 14n,
    storedRevision: 14n,
    joinedAt: daysFromNow(-30),
    clockSkewMs: 3n,
    resourceVersion: 1n,
    capabilities,
    facts: factsOf(name),
    localPolicy: {
      path: '/etc/ostler/policy',
      present: true,
      allowedRoots: ['/srv', '/var/www'],
      packageInstalls: true,
      exec: false,
      selfUpdate: true,
    },
    certificateExpiresAt: hoursFromNow(19),
    ...init,
  });
}

/** A machine that came with a token whose servers somebody has to let in. */
export function makeWaitingServer(name: string, token: JoinToken): WaitingServer {
  return create(WaitingServerSchema, {
    uid: newUid(),
    name,
    hostname: `${name}.example.test`,
    address: '192.0.2.210',
    agentVersion: '0.2.0',
    keyFingerprint: 'sha256//b5bIuTRhIh8sGuPDQoUKVyXcLqQj0m6Kx2wJ9nTzv3A=',
    askedAt: minutesAgo(2),
    lastAskedAt: minutesAgo(0),
    joinTokenUid: token.uid,
    joinTokenDescription: token.description,
  });
}

type Meta = { displayName?: string; labels?: Record<string, string>; generation?: bigint };

function resource(kind: Kind, name: string, meta: Meta, spec: Resource['spec']): Resource {
  const base = { uid: newUid(), kind, name, tenant: 'main', generation: 1n };
  return create(ResourceSchema, {
    meta: { ...base, createdAt: daysFromNow(-20), updatedAt: daysFromNow(-2), ...meta },
    spec,
  });
}

export function makeSite(
  name: string,
  spec: MessageInitShape<typeof SiteSpecSchema>,
  meta: Meta = {},
): Resource {
  return resource(Kind.SITE, name, meta, { case: 'site', value: create(SiteSpecSchema, spec) });
}

export function makeCertificate(
  name: string,
  spec: MessageInitShape<typeof CertificateSpecSchema>,
  meta: Meta = {},
): Resource {
  const value = create(CertificateSpecSchema, spec);
  return resource(Kind.CERTIFICATE, name, meta, { case: 'certificate', value });
}
