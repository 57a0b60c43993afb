import { create } from '@bufbuild/protobuf';
import {
  ConditionStatus,
  FileChange_Action,
  Kind,
  Operation_State,
  OperationSchema,
  type Resource,
  type Server,
  Server_State,
} from '@ostler/contracts';
import { newUid } from '@ostler/kernel';
import { condition, daysFromNow, makeSite, minutesAgo } from '../builders';
import { detailOf, placedOn, statusOf } from '../placements';
import type { World, WorldOptions } from '../world';
import { troubleFleet } from './fleet';
import { fullScene } from './full';

const { TRUE, FALSE, UNKNOWN } = ConditionStatus;

/** The full fleet on a bad night: one server down, one unknown, sites of every bad state. */
export function failingScene(options?: WorldOptions): World {
  const world = fullScene(options);
  downOne(world);
  failSite(world);
  degradeSite(world);
  driftSite(world);
  hostileName(world);
  expireCertificate(world);
  runOne(world);
  troubleFleet(world);
  return world;
}

function downOne(world: World): void {
  const servers = [...world.servers.values()];
  const down = servers[4]!;
  Object.assign(down, { state: Server_State.DOWN, stateSince: minutesAgo(47), lastSeenAt: minutesAgo(48) });
  Object.assign(servers[6]!, { state: Server_State.UNKNOWN, stateSince: minutesAgo(1) });
  servers[1]!.capabilities = servers[1]!.capabilities.map((one) =>
    one.name === 'nginx'
      ? {
          ...one,
          available: false,
          detail: 'nginx is not installed. Run "Install nginx", or apt-get install nginx.',
        }
      : one,
  );
  for (const resource of world.resources.values()) {
    const status = resource.status;
    const stale = status?.placementStatuses.find(({ serverUid }) => serverUid === down.uid);
    if (!status || !stale) continue;
    stale.stale = true;
    stale.reportedAt = minutesAgo(48);
    status.placementsReady -= 1;
    const message = `${down.name} is not connected since 47 min. What it served last goes on.`;
    status.conditions = [condition('Ready', UNKNOWN, 'SERVER_UNREACHABLE', message)];
  }
  down.placementsReady = 0;
}

function fail(world: World, resource: Resource, reason: string, message: string, progressing = false): void {
  const servers = placedOn(world, resource);
  const conditions = [condition('Ready', FALSE, reason, message)];
  if (progressing) conditions.push(condition('Progressing', TRUE, reason, message));
  const bad = (_: Server, index: number): boolean => index === 0;
  resource.status = statusOf(
    servers,
    (server) =>
      bad(server, servers.indexOf(server))
        ? { conditions, observedGeneration: 0n }
        : {
            conditions: [condition('Ready', TRUE, 'APPLIED', 'Serves generation 1.')],
            observedGeneration: 1n,
            ...detailOf(resource, server),
          },
    conditions,
    servers.length - 1,
  );
}

function site(world: World, name: string): Resource {
  return world.resourceByName(Kind.SITE, name)!;
}

function failSite(world: World): void {
  fail(
    world,
    site(world, 'docs'),
    'CONFIGURATION_REFUSED',
    'The test of the configuration failed on web-fra-1: host not found in upstream "app.internal" (sites/docs.conf:14). The generation before is still served. Correct the upstream and apply again.',
  );
  fail(world, site(world, 'old-shop'), 'APPLYING', 'Waiting for web-fra-2 to reload nginx.', true);
}

function degradeSite(world: World): void {
  const shop = site(world, 'shop');
  const message =
    'Upstream app: 10.0.0.12:3000 refuses connections since 4 min. Requests go to 10.0.0.11:3000.';
  for (const status of shop.status?.placementStatuses ?? []) {
    status.conditions = [
      condition('Ready', TRUE, 'APPLIED', 'Serves generation 2.'),
      condition('Degraded', TRUE, 'UPSTREAM_UNHEALTHY', message),
    ];
    if (status.detail.case !== 'site') continue;
    status.detail.value.upstreams.forEach((one) => {
      if (one.host === '10.0.0.12') Object.assign(one, { healthy: false, message: 'connection refused' });
    });
  }
  if (shop.status) shop.status.conditions.push(condition('Degraded', TRUE, 'UPSTREAM_UNHEALTHY', message));
}

function driftSite(world: World): void {
  const resource = site(world, 'blog-eu');
  const message =
    'sites/blog-eu.conf was changed by hand. Apply again to put it back, or set the policy to enforce.';
  const placement = resource.status?.placementStatuses[0];
  if (!resource.status || !placement) return;
  const drifted = condition('Drifted', TRUE, 'CHANGED_BY_HAND', message);
  placement.conditions.push(drifted);
  resource.status.conditions.push(drifted);
  placement.drift = [
    {
      $typeName: 'ostler.meta.v1.FileChange',
      path: 'sites/blog-eu.conf',
      action: FileChange_Action.CHANGE,
      diff: '--- a/sites/blog-eu.conf\n+++ b/sites/blog-eu.conf\n@@ -3,4 +3,5 @@\n   server_name blog.eu.example.test;\n   gzip on;\n-  client_max_body_size 1m;\n+  client_max_body_size 64m;\n+  autoindex on;\n   location / {',
    },
  ];
}

/** Text that tries to be more than text, as long as it may be. */
function hostileName(world: World): void {
  const resource = makeSite(
    'a-name-of-sixty-three-characters-that-goes-to-the-very-limit-ok',
    {
      placement: { server: 'web-fra-1' },
      domains: [`${'long-label-'.repeat(5)}x.example.test`, '*.wild.example.test'],
      handler: {
        answer: { case: 'fixedResponse', value: { status: 200, body: '<script>alert(1)</script>' } },
      },
    },
    { displayName: '<img src=x onerror=alert(1)> "quoted" & \\ ünïcode', labels: { note: 'x' } },
  );
  world.resources.set(resource.meta!.uid, resource);
  fail(
    world,
    resource,
    'DOMAIN_SHADOWED',
    'The domain is answered by /etc/nginx/sites-enabled/legacy:3. Remove it there.',
  );
}

function expireCertificate(world: World): void {
  const resource = world.resourceByName(Kind.CERTIFICATE, 'shop');
  for (const status of resource?.status?.placementStatuses ?? []) {
    if (status.detail.case === 'certificate') status.detail.value.notAfter = daysFromNow(3);
  }
  resource?.status?.conditions.push(
    condition(
      'Degraded',
      TRUE,
      'RENEWAL_FAILED',
      'The authority could not reach http://www.shop.example.test on port 80: its address is 198.51.100.9, which is none of the servers. Correct the DNS record; the next attempt is in 40 min.',
    ),
  );
}

function runOne(world: World): void {
  const [server] = world.servers.values();
  const operation = create(OperationSchema, {
    uid: newUid(),
    serverUid: server!.uid,
    serverName: server!.name,
    spec: { operation: { case: 'installNginx', value: {} } },
    state: Operation_State.RUNNING,
    createdAt: minutesAgo(1),
    startedAt: minutesAgo(1),
    deadline: daysFromNow(0.01),
    actor: 'owner@example.test',
    progressPercent: 42,
    progressMessage: 'Setting up nginx-common',
  });
  world.operations.set(operation.uid, operation);
  const text = 'Reading package lists...\nBuilding dependency tree...\nSetting up nginx-common ...\n';
  world.output.set(operation.uid, new TextEncoder().encode(text));
}
