import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { findBreaches } from './find-breaches.ts';
import type { Inspection } from './find-breaches.ts';
import { importRules } from './import-rules.ts';
import { textRules } from './text-rules.ts';

// A checker that no longer understands the code finds no breach and says "all is well". So one breach of
// each wall is built in a tree of its own, and each must be found.

const cp = 'apps/control-plane/src';
const agent = 'apps/agent/src';
const empty = 'export const x = 1;\n';
const imports = (from: string) => `import { x } from '${from}';\nexport const y = x;\n`;

interface Canary {
  readonly rule: string;
  readonly file: string;
  readonly text: string;
  /** What the breach leads to. */
  readonly target?: string;
}

const breach = (rule: string, file: string, from: string, target?: string): Canary => ({
  rule,
  file,
  text: imports(from),
  target,
});

const importCanaries: Canary[] = [
  breach('1-only-ring-3-boots-servers', 'apps/cli/src/j.ts', '../../../e2e/a', 'e2e/a.ts'),
  breach(
    '1-packages-never-import-apps',
    'packages/sdk/src/a.ts',
    '../../../apps/cli/src/a',
    'apps/cli/src/a.ts',
  ),
  breach('1-apps-never-import-apps', 'apps/cli/src/b.ts', '../../agent/src/a', `${agent}/a.ts`),
  {
    rule: '1-apps-never-import-apps',
    file: 'apps/cli/src/types-count.ts',
    text: `import type { x } from '../../agent/src/a';\nexport type Y = typeof x;\n`,
    target: `${agent}/a.ts`,
  },
  breach(
    '1-packages-are-entered-by-name',
    'apps/cli/src/c.ts',
    '../../../packages/sdk/src/x',
    'packages/sdk/src/x.ts',
  ),
  breach('imports-resolve', 'apps/cli/src/d.ts', './nowhere'),
  breach('no-circles', 'apps/cli/src/e.ts', './f', 'apps/cli/src/f.ts'),
  breach('2-pure-packages-run-anywhere', 'packages/kernel/src/a.ts', 'node:path'),
  breach(
    '2-pure-packages-know-no-framework',
    'packages/resource-model/src/a.ts',
    'react',
    'node_modules/react/index.js',
  ),
  breach(
    '3-rooms-are-entered-by-their-door',
    `${cp}/fleet/a.service.ts`,
    '../audit/log',
    `${cp}/audit/log.ts`,
  ),
  breach('3-platform-knows-no-room', `${cp}/platform/a.ts`, '../audit', `${cp}/audit/index.ts`),
  breach(
    '4-kinds-never-meet',
    `${cp}/resources/kinds/site/a.ts`,
    '../app/a',
    `${cp}/resources/kinds/app/a.ts`,
  ),
  breach('7-entities-stay-in-their-room', `${cp}/fleet/b.ts`, '../audit/x.entity', `${cp}/audit/x.entity.ts`),
  breach('4-drivers-never-meet', `${agent}/drivers/site/a.ts`, '../app/a', `${agent}/drivers/app/a.ts`),
  breach('5-only-host-and-store-touch-the-server', `${agent}/reconcile/a.ts`, 'node:child_process'),
  breach(
    '5-only-host-and-store-touch-the-server',
    `${agent}/reconcile/b.ts`,
    'dockerode',
    'node_modules/dockerode/index.js',
  ),
  breach('5-only-link-and-host-net-open-sockets', `${agent}/reconcile/c.ts`, 'node:tls'),
  breach(
    '5-main-alone-names-the-real-server',
    `${agent}/reconcile/d.ts`,
    '../host/fs/linux',
    `${agent}/host/fs/linux.ts`,
  ),
  breach('6-plans-are-pure', `${agent}/drivers/site/plan.ts`, 'node:os'),
  breach(
    '6-plans-know-no-store-and-no-wire',
    `${cp}/resources/kinds/site/site.compile.ts`,
    'pg',
    'node_modules/pg/index.js',
  ),
  breach(
    '6-production-knows-no-tests',
    'apps/cli/src/g.ts',
    '@ostler/test-kit',
    'packages/test-kit/src/index.ts',
  ),
  breach(
    '6-production-knows-no-tests',
    `${agent}/reconcile/e.ts`,
    '../host/fs/fake',
    `${agent}/host/fs/fake.ts`,
  ),
  breach(
    '4-console-features-never-meet',
    'apps/console/src/features/sites/a.tsx',
    '../servers/a',
    'apps/console/src/features/servers/a.tsx',
  ),
];

const textCanaries: Canary[] = [
  {
    rule: '6-plans-take-no-time-and-no-chance',
    file: `${agent}/drivers/app/plan.ts`,
    text: 'export const t = Date.now();\n',
  },
  {
    rule: '7-the-schema-changes-by-migration-only',
    file: `${cp}/platform/db.ts`,
    text: 'export const o = { synchronize: true };\n',
  },
  {
    rule: '8-only-config-reads-the-environment',
    file: 'apps/cli/src/h.ts',
    text: 'export const e = process.env.HOME;\n',
  },
  {
    rule: '8-only-config-reads-the-environment',
    file: 'apps/cli/src/i.ts',
    text: 'const { env } = process;\nexport default env;\n',
  },
  {
    rule: '8-loops-take-time-from-the-kernel',
    file: `${cp}/fleet/a.loop.ts`,
    text: 'setTimeout(() => 1, 1);\n',
  },
  { rule: '9-services-throw-app-errors', file: `${cp}/fleet/b.service.ts`, text: `throw new Error('no');\n` },
  {
    rule: '10-the-system-role-has-one-door',
    file: `${cp}/fleet/c.service.ts`,
    text: "export const sql = 'set local role ostler_system';\n",
  },
  { rule: 'no-shell', file: `${agent}/host/exec/a.ts`, text: 'export const o = { shell: true };\n' },
];

const innocents: Canary[] = [
  { rule: 'none', file: 'apps/cli/src/k.ring3.test.ts', text: imports('../../../e2e/a') },
  { rule: 'none', file: `${cp}/fleet/door.service.ts`, text: imports('../audit') },
  { rule: 'none', file: `${agent}/host/exec/linux.ts`, text: imports('node:child_process') },
  { rule: 'none', file: `${agent}/reconcile/e.test.ts`, text: imports('../host/fs/fake') },
  {
    rule: 'none',
    file: `${agent}/config/read.ts`,
    text: '// process.env is read here\nexport const e = process.env.HOME;\n',
  },
];

const canaries = [...importCanaries, ...textCanaries];

describe('walls', () => {
  let root: string;
  let inspection: Inspection;
  const files = [...canaries, ...innocents].map(({ file }) => file);

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'ostler-walls-'));
    for (const { target } of canaries) if (target) await plant(target, empty);
    for (const { file, text } of [...canaries, ...innocents]) await plant(file, text);
    await plant('apps/cli/src/f.ts', imports('./e'));
    await plant('packages/test-kit/package.json', '{"exports": {".": "./src/index.ts"}}');
    await mkdir(join(root, 'node_modules/@ostler'));
    await symlink('../../packages/test-kit', join(root, 'node_modules/@ostler/test-kit'));
    inspection = await findBreaches(root, files);
  });

  afterAll(() => rm(root, { recursive: true }));

  async function plant(file: string, text: string): Promise<void> {
    await mkdir(dirname(join(root, file)), { recursive: true });
    await writeFile(join(root, file), text);
  }

  const rulesBrokenBy = (file: string) =>
    inspection.breaches.filter((found) => found.file.replace(/:\d+$/, '') === file).map(({ rule }) => rule);

  it.each(canaries)('$rule is seen in $file', ({ rule, file }) => {
    expect(rulesBrokenBy(file)).toContain(rule);
  });

  it.each(innocents)('nothing is held against $file', ({ file }) => {
    expect(rulesBrokenBy(file)).toEqual([]);
  });

  it('understands every file that it is given', () => {
    expect([...inspection.seen].sort()).toEqual([...files].sort());
  });

  it('has a canary for every wall', () => {
    const names = [...importRules, ...textRules].map(({ name }) => name).sort();
    expect([...new Set(canaries.map(({ rule }) => rule))].sort()).toEqual(names);
  });
});
