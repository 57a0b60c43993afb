import { mkdtempSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { Code, ConnectError, type ServiceImpl } from '@connectrpc/connect';
import {
  type ApplyRequest,
  ApplyResult_Change as Change,
  ConditionStatus,
  ErrorInfoSchema,
  ErrorReason,
  Kind,
  type ResourceMetaSchema,
  ResourceSchema,
  ResourceService,
  type ResourceStatusSchema,
  SiteSpecSchema,
  WatchResponse_Type as Type,
} from '@ostler/contracts';
import { AppError } from '@ostler/kernel';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Routes, runCommand, runCommandIn } from '../../testing/run-command.fixture';

type Resources = Partial<ServiceImpl<typeof ResourceService>>;
const serving =
  (methods: Resources): Routes =>
  (router) =>
    void router.service(ResourceService, methods);

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'ostler-cli-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const file = (name: string, text: string): string => {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
  return path;
};
const specFile = (name: string, team = 'web', body = 'hello'): string => `kind: Site
name: ${name}
labels: { team: ${team} }
spec:
  placement: { server: web-1 }
  domains: [${name}.example.test]
  handler: { fixedResponse: { status: 200, body: ${body} } }
`;
interface More {
  readonly meta?: MessageInitShape<typeof ResourceMetaSchema>;
  readonly status?: MessageInitShape<typeof ResourceStatusSchema>;
}
const site = (name: string, { meta, status }: More = {}) =>
  create(ResourceSchema, {
    meta: meta ?? { uid: name, kind: Kind.SITE, name, generation: 3n, labels: { team: 'web' } },
    spec: {
      case: 'site',
      value: create(SiteSpecSchema, {
        placement: { server: 'web-1' },
        domains: [`${name}.example.test`],
        handler: { answer: { case: 'fixedResponse', value: { status: 200, body: 'hello' } } },
      }),
    },
    status,
  });
const ready = { type: 'Ready', status: ConditionStatus.TRUE, reason: 'SERVING' };
const violationsOf = async (run: Promise<unknown>): Promise<readonly string[]> => {
  const error: unknown = await run.catch((thrown: unknown) => thrown);
  if (!(error instanceof AppError)) throw error;
  return error.violations.map(({ field, message }) => `${field}: ${message}`);
};

/** What was applied and deleted, with what is live beside it. */
function recorder(live: readonly string[] = []) {
  const applied: ApplyRequest[] = [];
  const deleted: string[] = [];
  const referenced = new Set<string>();
  const routes = serving({
    apply: (request) => {
      applied.push(request);
      return { results: request.resources.map((resource) => ({ resource, change: Change.UNCHANGED })) };
    },
    list: () => ({ resources: live.map((name) => site(name)) }),
    get: ({ name }) => ({ resource: site(name) }),
    delete: ({ name, dryRun, generation }) => {
      if (dryRun) return { consequence: `web-1 stops serving ${name}.` };
      if (referenced.delete(name)) {
        const detail = { desc: ErrorInfoSchema, value: { reason: ErrorReason.REFERENCED } };
        throw new ConnectError('is referred to', Code.FailedPrecondition, undefined, [detail]);
      }
      deleted.push(`${name} ${generation}`);
      return {};
    },
  });
  return { applied, deleted, referenced, routes };
}

test('a folder is applied with what lies below it, but not with what is hidden', async () => {
  file('a.yaml', specFile('a'));
  file('deep/b.yml', specFile('b'));
  file('.github/workflow.yml', 'on: push');
  file('node_modules/x/c.yaml', 'a: b');
  const { applied, routes } = recorder();
  await runCommand(routes, 'apply', '-f', folder);
  expect(applied[0]?.resources.map(({ meta }) => meta?.name)).toEqual(['a', 'b']);
});

test('every mistake of every file is told with its file and line, the nearest name with it', async () => {
  const a = file('a.yaml', specFile('a').replace('handler:', 'handlers:'));
  const b = file('b.yaml', `${specFile('b')}---\nkind: Site\nname: c\nname: d\nspec: {}\n`);
  const bombs = 'abcdefgh'
    .split('')
    .map((one, index) => `${one}: &${one} [${`*${'xabcdefg'[index]},`.repeat(9)}]`);
  const c = file('c.yaml', `x: &x [y,y]\n${bombs.join('\n')}\nkind: Site\nname: c\nspec: *h\n`);
  const began = performance.now();
  const violations = await violationsOf(runCommand(recorder().routes, 'apply', '-f', folder));
  expect(performance.now() - began).toBeLessThan(5_000);
  expect(violations).toContain(`${a}:7 spec.handlers: is not a field; did you mean handler?`);
  expect(violations.find((one) => one.startsWith(`${b}:11`))).toMatch(/unique/i);
  expect(violations.some((one) => one.startsWith(`${c}:`))).toBe(true);
});

test('one name in two files is refused: nobody knows which one counts', async () => {
  const first = file('1.yaml', specFile('shop'));
  const second = file('2.yaml', specFile('shop', 'web', 'other'));
  expect(await violationsOf(runCommand(recorder().routes, 'diff', '-f', folder))).toEqual([
    `${second}: site/shop is declared in ${first} already`,
  ]);
});

test('what carries the labels and is in no file any more is removed, at the generation that was seen', async () => {
  file('a.yaml', specFile('a'));
  const { deleted, referenced, routes } = recorder(['a', 'old', 'older']);
  referenced.add('old');
  const line = ['apply', '-f', folder, '--prune', '-l', 'team=web'];
  const { output } = await runCommand(routes, ...line, '--yes');
  expect(output).toContain('- remove site/old\n    web-1 stops serving old.');
  expect(output).toContain('2 removed');
  // What something refers to comes after what refers to it.
  expect(deleted).toEqual(['older 3', 'old 3']);
});

test('without a terminal nothing is removed unless --yes says so; nothing else is done before', async () => {
  file('a.yaml', specFile('a'));
  const { applied, deleted, routes } = recorder(['a', 'old']);
  const line = ['apply', '-f', folder, '--prune', '-l', 'team=web'];
  await expect(runCommand(routes, ...line)).rejects.toThrow('--yes');
  expect([applied, deleted]).toEqual([[], []]);
});

test('pruning needs a selector, and every file must carry it', async () => {
  const path = file('a.yaml', specFile('a', 'shop'));
  const { routes } = recorder(['a']);
  await expect(runCommand(routes, 'apply', '-f', folder, '--prune')).rejects.toThrow('--selector');
  expect(await violationsOf(runCommand(routes, 'apply', '-f', folder, '--prune', '-l', 'team=web'))).toEqual([
    `${path}: site/a must carry team: web under labels`,
  ]);
});

test('a diff ends with 1 when a file was changed by hand on a server, or something would be removed', async () => {
  file('a.yaml', specFile('a'));
  const same = recorder(['a']);
  expect((await runCommand(same.routes, 'diff', '-f', folder)).exitCode).toBe(0);
  const pruned = await runCommand(
    recorder(['a', 'old']).routes,
    'diff',
    '-f',
    folder,
    '--prune',
    '-l',
    'team=web',
  );
  expect(pruned.exitCode).toBe(1);
  const drift = [{ path: '/etc/nginx/a.conf', diff: '-good\n+bad\n' }];
  const drifted = serving({
    apply: ({ resources }) => ({ results: [{ resource: resources[0]!, change: Change.UNCHANGED }] }),
    get: () => ({ resource: site('a', { status: { placementStatuses: [{ serverName: 'web-1', drift }] } }) }),
  });
  const { output, exitCode } = await runCommand(drifted, 'diff', '-f', folder);
  expect(output).toContain('changed by hand /etc/nginx/a.conf on web-1, of site/a');
  expect(exitCode).toBe(1);
  const asJson = await runCommand(drifted, 'diff', '-f', folder, '-o', 'json');
  expect(JSON.parse(asJson.output)).toMatchObject([{ removals: [], drift: [{ server: 'web-1' }] }]);
});

test('a watch prints the list, then each row that changed, and nothing twice', async () => {
  const end = new ConnectError('enough', Code.PermissionDenied);
  const status = { conditions: [ready], placements: 1, placementsReady: 1 };
  const routes = serving({
    async *watch() {
      yield { type: Type.PRESENT, resource: site('a') };
      yield {
        type: Type.PRESENT,
        resource: site('other', { meta: { uid: 'x', kind: Kind.SITE, name: 'other' } }),
      };
      yield { type: Type.BOOKMARK, resourceVersion: 4n };
      yield { type: Type.CHANGED, resource: site('a', { status }) };
      yield { type: Type.CHANGED, resource: site('a', { status }) };
      yield { type: Type.REMOVED, resource: site('a', { status }) };
      throw end;
    },
  });
  const lines: string[] = [];
  await expect(
    runCommandIn({}, routes, 'get', 'sites', '-w', '-l', 'team=web').catch((error: unknown) => {
      lines.push(...printedBefore(error));
      throw error;
    }),
  ).rejects.toThrow('enough');
  expect(lines.map((line) => line.split(/ +/).slice(1, 3).join(' '))).toEqual([
    'NAME READY',
    'a unknown',
    'a yes',
    'a removed',
  ]);
});

/** The fixture hands out what was printed before a failure, too. */
function printedBefore(error: unknown): string[] {
  return String((error as { printed?: string }).printed)
    .trimEnd()
    .split('\n');
}

test('a watch goes on where it was when the control plane was away', async () => {
  const asked: bigint[] = [];
  const routes = serving({
    async *watch({ sinceVersion }) {
      asked.push(sinceVersion);
      if (asked.length === 1) {
        yield { type: Type.PRESENT, resource: site('a') };
        yield { type: Type.BOOKMARK, resourceVersion: 7n };
        throw new ConnectError('going down', Code.Unavailable);
      }
      throw new ConnectError('enough', Code.PermissionDenied);
    },
  });
  await expect(runCommand(routes, 'watch', 'sites')).rejects.toThrow('enough');
  expect(asked).toEqual([0n, 7n]);
});

test('describe says what a condition means and what to do next, with the server and the name filled in', async () => {
  const conditions = [
    { type: 'Ready', status: ConditionStatus.FALSE, reason: 'NGINX_MISSING', message: 'There is no nginx.' },
  ];
  const status = { conditions, placementStatuses: [{ serverName: 'web-1', stale: true, conditions }] };
  const routes = serving({ get: () => ({ resource: site('shop', { status }) }) });
  const { output } = await runCommand(routes, 'describe', 'site', 'shop');
  expect(output).toContain('/docs/troubleshooting/conditions#nginx_missing');
  expect(output).toContain('ostler operations start install-nginx --server web-1 --wait');
  expect(output).toContain('ostler servers check web-1');
  const fine = serving({ get: () => ({ resource: site('shop', { status: { conditions: [ready] } }) }) });
  expect((await runCommand(fine, 'describe', 'site', 'shop')).output).not.toContain('What to do next');
});

test('an edit is applied at the generation that was shown', async () => {
  const { applied, routes } = recorder();
  const editor = 'sed -i s/hello/changed/';
  await runCommandIn({ editor }, routes, 'edit', 'site', 'shop');
  expect(applied[0]?.resources[0]).toMatchObject({
    meta: { name: 'shop', generation: 3n },
    spec: { value: { handler: { answer: { value: { body: 'changed' } } } } },
  });
});

test.each([
  ['is not valid', 'sed -i s/handler:/handlr:/', 'did you mean handler?'],
  ['names another resource', 'sed -i s/shop$/other/', 'must hold site/shop'],
  ['is refused by the control plane', 'sed -i s/hello/changed/', 'Somebody was faster'],
])('a text that %s is kept', async (_what, editor, why) => {
  const before = new Set(keptTexts());
  const routes = serving({
    get: () => ({ resource: site('shop') }),
    apply: () => {
      throw new ConnectError('Somebody was faster', Code.Aborted);
    },
  });
  const error = await runCommandIn({ editor }, routes, 'edit', 'site', 'shop').catch(
    (thrown: unknown) => thrown,
  );
  const said =
    error instanceof AppError ? [error.message, ...error.violations.map((one) => one.message)] : [];
  expect(said.join('\n')).toContain(why);
  const kept = keptTexts().filter((name) => !before.has(name));
  expect(kept).toHaveLength(1);
  rmSync(join(tmpdir(), kept[0]!), { recursive: true });
});

function keptTexts(): string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith('ostler-edit-'));
}

test('what others chose is harmless on a terminal in every table', async () => {
  const hostile = '\u001b[31m\u202eshop\u0007';
  const named = site('x', { meta: { uid: 'x', kind: Kind.SITE, name: hostile, labels: { team: hostile } } });
  const routes = serving({ list: () => ({ resources: [named] }), get: () => ({ resource: named }) });
  for (const line of [
    ['get', 'sites'],
    ['get', 'sites', '-o', 'name'],
    ['describe', 'site', 'x'],
  ]) {
    const { output } = await runCommand(routes, ...line);
    expect(output).not.toMatch(/[\u0007\u001b\u202e]/);
    expect(output).toContain('\\u001b[31m');
  }
});
