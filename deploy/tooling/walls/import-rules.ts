import type { IForbiddenRuleType } from 'dependency-cruiser';

// The walls that the import graph can show. Their numbers are those of docs/architecture ("Walls").
// Tests may look behind doors and use fakes; what they may never do is said in `everybody`.

const tests = '(\\.test\\.tsx?$|\\.contract\\.ts$|\\.fixture\\.tsx?$|/fixtures/|^e2e/|^packages/test-kit/)';
const rooms =
  'agent-updates|identity|access|audit|fleet|resources|manifest|operations|link|telemetry|sessions|alerts|releases|launch';
const controlPlane = '^apps/control-plane/src';
const agent = '^apps/agent/src';
const pure = '(/plan|/render|\\.compile)\\.ts$|/(plan|render)/';
const builtin = ['core'] as const;

type Rule = IForbiddenRuleType & { readonly name: string; readonly comment: string };

const everybody: Rule[] = [
  {
    name: '1-packages-never-import-apps',
    comment: 'What an app and a package both need belongs into a package.',
    severity: 'error',
    from: { path: '^packages/' },
    to: { path: '^apps/' },
  },
  {
    name: '1-only-ring-3-boots-servers',
    comment: 'The harness of e2e/ is for *.ring3.test.ts files.',
    severity: 'error',
    from: { path: '^(apps|packages)/', pathNot: '\\.ring3\\.test\\.ts$' },
    to: { path: '^e2e/' },
  },
  {
    name: '1-apps-never-import-apps',
    comment: 'Apps talk over the contract.',
    severity: 'error',
    from: { path: '^apps/([^/]+)/' },
    to: { path: '^apps/', pathNot: '^apps/$1/' },
  },
  {
    name: '1-packages-are-entered-by-name',
    comment: "Say '@ostler/kernel', not a path into its folder.",
    severity: 'error',
    from: { path: '^(apps|packages)/([^/]+)/' },
    to: { path: '^packages/', pathNot: '^$1/$2/', dependencyTypes: ['local'] },
  },
  {
    name: 'imports-resolve',
    comment: 'An import that the tool cannot follow is one that it cannot judge.',
    severity: 'error',
    from: {},
    to: { couldNotResolve: true },
  },
  {
    name: 'no-circles',
    comment: 'Two files that need each other are one file, or three.',
    severity: 'error',
    from: { pathNot: tests },
    to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
  },
];

const packages: Rule[] = [
  {
    name: '2-pure-packages-run-anywhere',
    comment: 'kernel, contracts and resource-model also run in a browser.',
    severity: 'error',
    from: { path: '^packages/(kernel|contracts|resource-model)/', pathNot: tests },
    to: { dependencyTypes: [...builtin] },
  },
  {
    name: '2-pure-packages-know-no-framework',
    comment: 'kernel, contracts and resource-model know neither Nest nor React.',
    severity: 'error',
    from: { path: '^packages/(kernel|contracts|resource-model)/' },
    to: { path: '(^|/)node_modules/(@nestjs|react|react-dom|typeorm|pg|@grpc)/' },
  },
];

const controlPlaneRules: Rule[] = [
  {
    name: '3-rooms-are-entered-by-their-door',
    comment: "A room's index.ts is the only file that others import.",
    severity: 'error',
    from: { path: `${controlPlane}/([^/]+)/`, pathNot: tests },
    to: { path: `${controlPlane}/(${rooms})/`, pathNot: [`${controlPlane}/$1/`, `/(${rooms})/index\\.ts$`] },
  },
  {
    name: '3-platform-knows-no-room',
    comment: 'Rooms register with the platform.',
    severity: 'error',
    from: { path: `${controlPlane}/(platform|config)/`, pathNot: tests },
    to: { path: `${controlPlane}/(${rooms})/` },
  },
  {
    name: '4-kinds-never-meet',
    comment: 'Kinds meet in the engine, by reference.',
    severity: 'error',
    from: { path: `${controlPlane}/resources/kinds/([^/]+)/` },
    to: { path: `${controlPlane}/resources/kinds/[^/]+/`, pathNot: `${controlPlane}/resources/kinds/$1/` },
  },
  {
    name: '7-entities-stay-in-their-room',
    comment: 'Services hand out plain values.',
    severity: 'error',
    from: { path: `${controlPlane}/([^/]+)/`, pathNot: tests },
    to: { path: '\\.entity\\.ts$', pathNot: `${controlPlane}/$1/` },
  },
];

const agentRules: Rule[] = [
  {
    name: '4-drivers-never-meet',
    comment: 'Drivers meet in targets and by typed outputs.',
    severity: 'error',
    from: { path: `${agent}/drivers/([^/]+)/` },
    to: { path: `${agent}/drivers/[^/]+/`, pathNot: `${agent}/drivers/$1/` },
  },
  {
    name: '5-only-host-and-store-touch-the-server',
    comment: 'Everything else asks a port of host/, which a fake can stand in for.',
    severity: 'error',
    from: { path: `${agent}/`, pathNot: [tests, `${agent}/(host|store)/`] },
    to: {
      path: '^(node:)?(child_process|fs|fs/promises|sqlite|worker_threads)$|node_modules/(dockerode|@lydell/node-pty|node-pty)/',
    },
  },
  {
    name: '5-only-link-and-host-net-open-sockets',
    comment: 'link/ dials the control plane, host/net does the rest.',
    severity: 'error',
    from: { path: `${agent}/`, pathNot: [tests, `${agent}/(link|host/net)/`] },
    to: {
      path: '^(node:)?(net|tls|http|https|http2|dgram|dns|dns/promises)$|node_modules/(@grpc/grpc-js|@connectrpc/connect-node|undici|ws)/',
    },
  },
  {
    name: '5-main-alone-names-the-real-server',
    comment: 'Whoever else imports linux.ts cannot run on a fake.',
    severity: 'error',
    from: { path: `${agent}/`, pathNot: [tests, `${agent}/main\\.ts$`, `${agent}/host/`] },
    to: { path: `${agent}/host/.*linux[^/]*\\.ts$` },
  },
];

const purity: Rule[] = [
  {
    name: '6-plans-are-pure',
    comment: 'plan, render and compile get values and give values.',
    severity: 'error',
    from: { path: pure, pathNot: tests },
    to: { dependencyTypes: [...builtin], pathNot: '^(node:)?(crypto|path|path/posix|url|util)$' },
  },
  {
    name: '6-plans-know-no-store-and-no-wire',
    comment: 'plan, render and compile reach no database, no transport and no real server.',
    severity: 'error',
    from: { path: pure, pathNot: tests },
    to: {
      path: 'node_modules/(typeorm|pg|@grpc|@connectrpc|@nestjs)/|/host/.*linux|\\.(repository|service)\\.ts$',
    },
  },
  {
    name: '6-production-knows-no-tests',
    comment: 'Fakes and the test kit stay out of what people run.',
    severity: 'error',
    from: { path: '^(apps|packages)/', pathNot: [tests, 'fake[^/]*\\.ts$'] },
    to: { path: '^packages/test-kit/|(^|[/.-])fake[^/]*\\.ts$|\\.fixture\\.ts$|\\.test\\.tsx?$' },
  },
  {
    name: '4-console-features-never-meet',
    comment: 'Features meet in routes.tsx and in components/.',
    severity: 'error',
    from: { path: '^apps/console/src/features/([^/]+)/' },
    to: { path: '^apps/console/src/features/[^/]+/', pathNot: '^apps/console/src/features/$1/' },
  },
];

export const importRules: readonly Rule[] = [
  ...everybody,
  ...packages,
  ...controlPlaneRules,
  ...agentRules,
  ...purity,
];
