import { clone, create } from '@bufbuild/protobuf';
import {
  ApiTokenSchema,
  AuditEntry_Outcome as Outcome,
  ErrorReason,
  ForeignSiteSchema,
  Kind,
  Operation_State as State,
  OperationSchema,
  type Resource,
  ResourceSchema,
  RevisionSchema,
  Role,
  Tls_MinVersion,
  Upstream_Balance,
} from '@ostler/contracts';
import { newUid } from '@ostler/kernel';
import { daysFromNow, makeCertificate, makeServer, makeSite, minutesAgo } from '../builders';
import { placedOn, readyStatus } from '../placements';
import type { World, WorldOptions } from '../world';
import { emptyScene } from './empty';
import { addFleet } from './fleet';

const ACTOR = 'owner@example.test';

/** A healthy fleet: eight servers, forty sites, certificates of every source, history of every kind. */
export function fullScene(options?: WorldOptions): World {
  const world = emptyScene(options);
  addServers(world);
  addCertificates(world);
  addSites(world);
  refreshStatus(world);
  addOperations(world);
  addTokens(world);
  addDenials(world);
  addFleet(world);
  return world;
}

function addServers(world: World): void {
  const zones = ['fra', 'fra', 'fra', 'ams', 'ams', 'hel', 'hel', 'hel'];
  zones.forEach((zone, index) => {
    const env = index === 7 ? 'staging' : 'prod';
    const server = makeServer(`web-${zone}-${index + 1}`, { labels: { env, zone, role: 'web' } });
    world.servers.set(server.uid, server);
  });
  const [first] = world.servers.values();
  if (!first) return;
  first.foreignSites = [
    create(ForeignSiteSchema, {
      serverNames: ['legacy.example.test'],
      listens: ['80', '[::]:80'],
      file: '/etc/nginx/sites-enabled/legacy',
      line: 3,
    }),
  ];
}

function addCertificates(world: World): void {
  keep(world, [
    makeCertificate('shop', {
      domains: ['shop.example.test', 'www.shop.example.test'],
      source: { case: 'acme', value: { email: 'ops@example.test', termsAgreed: true } },
    }),
    makeCertificate('wildcard', {
      domains: ['*.example.test'],
      source: {
        case: 'upload',
        value: { certificatePem: PEM, privateKeyPem: { uid: newUid(), version: 2 } },
      },
    }),
    makeCertificate('staging', {
      domains: ['staging.example.test'],
      source: { case: 'selfSigned', value: { lifetimeDays: 90 } },
    }),
  ]);
}

function addSites(world: World): void {
  keep(world, [shop, docs, legacyRedirect]);
  const names = ['blog', 'status', 'api', 'media', 'wiki', 'forms', 'chat', 'search', 'mail', 'admin'];
  const regions = ['eu', 'us', 'ap', 'sa'];
  keep(
    world,
    regions.flatMap((region, row) =>
      names.slice(0, 9).map((name, column) =>
        makeSite(
          `${name}-${region}`,
          {
            placement: {
              selector: { env: 'prod', zone: ['fra', 'ams', 'hel'][(row + column) % 3] ?? 'fra' },
            },
            domains: [`${name}.${region}.example.test`],
            handler: { answer: { case: 'staticFiles', value: { root: `/srv/www/${name}` } } },
            tls: column % 2 === 0 ? { certificate: { kind: Kind.CERTIFICATE, name: 'wildcard' } } : undefined,
          },
          { labels: { team: column % 3 === 0 ? 'web' : 'core', region } },
        ),
      ),
    ),
  );
}

const shop = makeSite(
  'shop',
  {
    placement: { selector: { env: 'prod' } },
    domains: ['shop.example.test', 'www.shop.example.test'],
    handler: { answer: { case: 'proxy', value: { upstream: 'app', websocket: true } } },
    upstreams: [
      {
        name: 'app',
        servers: [
          { host: '10.0.0.11', port: 3000, weight: 2 },
          { host: '10.0.0.12', port: 3000, weight: 1 },
          { host: 'fallback.internal', port: 3000, backup: true },
        ],
        balance: Upstream_Balance.LEAST_CONNECTIONS,
        healthCheck: { path: '/health', intervalSeconds: 5 },
      },
    ],
    paths: [
      {
        path: '/assets/',
        handler: {
          answer: { case: 'staticFiles', value: { root: '/srv/shop/assets', cacheSeconds: 86_400 } },
        },
      },
    ],
    headers: [{ name: 'X-Content-Type-Options', value: 'nosniff' }],
    tls: {
      certificate: { kind: Kind.CERTIFICATE, name: 'shop' },
      forceHttps: true,
      hsts: { maxAgeSeconds: 31_536_000, includeSubdomains: true },
      minVersion: Tls_MinVersion.TLS_1_2,
    },
    maxBodyBytes: 16_777_216n,
    rateLimit: { requestsPerSecond: 50, burst: 100 },
    redirectToPrimary: true,
  },
  { displayName: 'Shop', labels: { team: 'shop', tier: 'gold' } },
);

const docs = makeSite(
  'docs',
  {
    placement: { server: 'web-fra-1' },
    domains: ['docs.example.test'],
    handler: {
      answer: { case: 'staticFiles', value: { release: `sha256:${'ab'.repeat(32)}`, index: ['index.html'] } },
    },
    errorPages: [{ statuses: [404], body: '<h1>Nothing here</h1>' }],
  },
  { displayName: 'Documentation', labels: { team: 'core' } },
);

const legacyRedirect = makeSite('old-shop', {
  placement: { server: 'web-fra-2' },
  domains: ['old-shop.example.test'],
  handler: {
    answer: { case: 'redirect', value: { target: 'https://shop.example.test', status: 301, keepPath: true } },
  },
});

const PEM = '-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUQ0x1\n-----END CERTIFICATE-----\n';

/** Stores resources with a first revision, and a second one for the sites that were changed since. */
function keep(world: World, resources: readonly Resource[]): void {
  for (const source of resources) {
    const resource = clone(ResourceSchema, source);
    const meta = resource.meta!;
    world.resources.set(meta.uid, resource);
    const first = clone(ResourceSchema, resource);
    if (first.spec.case === 'site' && meta.name === 'shop') {
      first.spec.value.rateLimit = undefined;
      first.spec.value.maxBodyBytes = 0n;
      meta.generation = 2n;
    }
    const made = [{ generation: 1n, summary: 'created', resource: first, createdAt: daysFromNow(-20) }];
    const changed = {
      generation: 2n,
      summary: 'changed maxBodyBytes and 2 more',
      resource,
      createdAt: daysFromNow(-2),
    };
    const history = meta.generation === 2n ? [...made, changed] : made;
    world.revisions.set(
      meta.uid,
      history.map((revision) => create(RevisionSchema, { ...revision, actor: ACTOR })),
    );
    world.record({
      actor: ACTOR,
      method: 'ostler.api.v1.ResourceService/Apply',
      outcome: Outcome.DONE,
      subject: `${Kind[meta.kind] === 'SITE' ? 'Site' : 'Certificate'} ${meta.name}`,
      resourceUid: meta.uid,
      generation: 1n,
      address: '192.0.2.77',
      message: 'created',
      createdAt: minutesAgo(2000 - world.audit.length * 13),
    });
  }
}

/** Every resource Ready, every server with its counts. */
export function refreshStatus(world: World): void {
  for (const resource of world.resources.values()) resource.status = readyStatus(world, resource);
  for (const server of world.servers.values()) {
    const placed = [...world.resources.values()].filter((one) => placedOn(world, one).includes(server));
    server.placements = placed.length;
    server.placementsReady = placed.length;
  }
}

function addOperations(world: World): void {
  const servers = [...world.servers.values()];
  const kinds = [
    'diagnose',
    'noop',
    'testNginxConfiguration',
    'installNginx',
    'showNginxConfiguration',
  ] as const;
  const states = [
    State.SUCCEEDED,
    State.SUCCEEDED,
    State.FAILED,
    State.SUCCEEDED,
    State.CANCELLED,
    State.INTERRUPTED,
  ];
  states.forEach((state, index) => {
    const server = servers[index % servers.length]!;
    const failed = state === State.FAILED;
    const operation = create(OperationSchema, {
      uid: newUid(),
      serverUid: server.uid,
      serverName: server.name,
      spec: { operation: { case: kinds[index % kinds.length]!, value: {} } },
      state,
      reason: failed ? 'PROCESS_FAILED' : '',
      message: failed ? 'nginx -t ended with 1: see the output for the line.' : '',
      exitCode: failed ? 1 : 0,
      createdAt: minutesAgo(300 - index * 40),
      startedAt: minutesAgo(300 - index * 40),
      endedAt: minutesAgo(299 - index * 40),
      deadline: minutesAgo(290 - index * 40),
      actor: ACTOR,
      progressPercent: 100,
    });
    const text = failed
      ? 'nginx: [emerg] unknown directive "prxy_pass" in /etc/nginx/sites-enabled/legacy:12\nnginx: configuration file /etc/nginx/nginx.conf test failed\n'
      : 'done\n';
    world.output.set(operation.uid, new TextEncoder().encode(text));
    operation.outputBytes = BigInt(text.length);
    world.operations.set(operation.uid, operation);
  });
}

function addTokens(world: World): void {
  const token = create(ApiTokenSchema, {
    uid: newUid(),
    name: 'deploy',
    role: Role.OPERATOR,
    ownerEmail: ACTOR,
    createdAt: daysFromNow(-12),
    expiresAt: daysFromNow(78),
    lastUsedAt: minutesAgo(14),
  });
  world.apiTokens.set(token.uid, token);
}

function addDenials(world: World): void {
  world.record({
    actor: 'viewer@example.test',
    method: 'ostler.api.v1.ResourceService/Delete',
    outcome: Outcome.DENIED,
    reason: ErrorReason.DENIED,
    subject: 'Site shop',
    address: '192.0.2.81',
    message: 'The role viewer may not change resources.',
    createdAt: minutesAgo(9),
  });
}
