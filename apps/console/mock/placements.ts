import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { timestampNow } from '@bufbuild/protobuf/wkt';
import {
  ConditionStatus,
  type PlacementStatus,
  PlacementStatusSchema,
  type Resource,
  type ResourceStatus,
  ResourceStatusSchema,
  type Server,
  Server_State,
} from '@ostler/contracts';
import { condition, daysFromNow } from './builders';
import type { World } from './world';

/** The servers on which a resource runs; a certificate runs where a site refers to it. */
export function placedOn(world: World, resource: Resource): Server[] {
  const { spec, meta } = resource;
  if (spec.case === 'site') {
    const { server = '', selector = {} } = spec.value.placement ?? {};
    const wanted = Object.entries(selector);
    return [...world.servers.values()].filter((one) =>
      server !== '' ? one.name === server : wanted.every(([key, value]) => one.labels[key] === value),
    );
  }
  const users = [...world.resources.values()].filter(
    (other) => other.spec.case === 'site' && other.spec.value.tls?.certificate?.name === meta?.name,
  );
  return [...new Set(users.flatMap((site) => placedOn(world, site)))];
}

export function progressingStatus(world: World, resource: Resource): ResourceStatus {
  const servers = placedOn(world, resource);
  const conditions = [
    condition('Ready', ConditionStatus.FALSE, 'APPLYING', 'The change is on its way to its servers.'),
    condition('Progressing', ConditionStatus.TRUE, 'APPLYING', `Applying on ${servers.length} servers.`),
  ];
  return statusOf(servers, () => ({ conditions }), conditions, 0);
}

export function readyStatus(world: World, resource: Resource): ResourceStatus {
  const servers = placedOn(world, resource);
  const generation = resource.meta?.generation ?? 0n;
  const conditions = [
    condition('Ready', ConditionStatus.TRUE, 'APPLIED', `Serves generation ${generation}.`),
  ];
  return statusOf(
    servers,
    (server) => ({ conditions, observedGeneration: generation, ...detailOf(resource, server) }),
    conditions,
    servers.length,
  );
}

type Report = MessageInitShape<typeof PlacementStatusSchema>;

export function statusOf(
  servers: readonly Server[],
  report: (server: Server) => Report,
  conditions: Report['conditions'],
  ready: number,
): ResourceStatus {
  return create(ResourceStatusSchema, {
    conditions,
    placements: servers.length,
    placementsReady: ready,
    placementStatuses: servers.map((server) => placement(server, report(server))),
  });
}

function placement(server: Server, report: Report): PlacementStatus {
  return create(PlacementStatusSchema, {
    serverUid: server.uid,
    serverName: server.name,
    observedEpoch: 1n,
    reportedAt: timestampNow(),
    stale: server.state !== Server_State.CONNECTED,
    ...report,
  });
}

/** What a server says beside its conditions. */
export function detailOf({ spec }: Resource, server: Server): Report {
  if (spec.case === 'site') {
    const scheme = spec.value.tls ? 'https' : 'http';
    const urls = spec.value.domains
      .filter((domain) => !domain.startsWith('*'))
      .map((one) => `${scheme}://${one}`);
    const upstreams = spec.value.upstreams.flatMap(({ name, servers }) =>
      servers.map(({ host, port }) => ({ upstream: name, host, port, addresses: [host], healthy: true })),
    );
    const answer = spec.value.handler?.answer;
    const release = answer?.case === 'staticFiles' ? answer.value.release : '';
    return { detail: { case: 'site', value: { urls, upstreams, release } } };
  }
  return {
    detail: {
      case: 'certificate',
      value: {
        notBefore: daysFromNow(-28),
        notAfter: daysFromNow(62),
        nextRenewalAt: daysFromNow(32),
        issuer: spec.value?.source.case === 'acme' ? "CN=R11, O=Let's Encrypt" : 'CN=Ostler intermediate',
        fingerprint: server.uid.replaceAll('-', '').padEnd(64, '0'),
        domains: spec.value?.domains ?? [],
      },
    },
  };
}
