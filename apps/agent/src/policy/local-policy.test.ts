import { create } from '@bufbuild/protobuf';
import { Kind, OperationReport_State as State, OperationStartSchema } from '@ostler/contracts';
import { FakeClock } from '@ostler/test-kit';
import { expect, test, vi } from 'vitest';
import { FakeFiles } from '../host/fs/fake';
import type { OperationContext, OperationKind } from '../operations';
import { createJsonLog } from '../telemetry';
import { bounded } from './bounded';
import { LocalPolicy } from './local-policy';

const PATH = '/etc/ostler/policy';

async function policyOf(text: string | undefined, mode = 0o644) {
  const clock = new FakeClock();
  const files = new FakeFiles();
  if (text !== undefined) files.seed(PATH, text, mode);
  const lines: string[] = [];
  const log = createJsonLog({ clock, level: 'info', write: (line) => lines.push(line) });
  const policy = new LocalPolicy({ files, clock, log });
  await policy.start();
  return { clock, files, policy, lines };
}

test('without a file everything is allowed that has a default, and the report says so', async () => {
  const { policy } = await policyOf(undefined);
  expect(policy.report()).toMatchObject({
    path: PATH,
    present: false,
    problem: '',
    packageInstalls: true,
    exec: true,
    selfUpdate: true,
    kinds: [],
    allowedRoots: ['/srv', '/var/www', '/usr/share/nginx'],
  });
  expect(policy.refusesKind(Kind.SITE)).toBeUndefined();
});

test('a refusal names the file and the line', async () => {
  const { policy } = await policyOf('# mine\npackage_installs = no\nself_update = no\nkinds = Certificate\n');
  expect(policy.refuses('package_installs')).toContain(`package_installs in ${PATH}, line 2`);
  expect(policy.refuses('self_update')).toContain('line 3');
  expect(policy.refuses('exec')).toBeUndefined();
  expect(policy.refusesKind(Kind.SITE)).toMatch(/does not allow Site here: kinds in .*, line 4/);
  expect(policy.refusesKind(Kind.CERTIFICATE)).toBeUndefined();
});

test.each([
  ['a key that there is not', 'excec = no\n', 0o644, 'line 1: there is no excec'],
  ['a file that others can write', 'exec = yes\n', 0o666, 'others than root can write it'],
  ['a file that a group can write', 'exec = yes\n', 0o664, 'others than root can write it'],
  ['a file that is too large', 'x'.repeat(70_000), 0o644, 'it has 70000 bytes'],
])('%s closes everything, and says so', async (_what, text, mode, problem) => {
  const { policy, lines } = await policyOf(text, mode);
  expect(policy.report()).toMatchObject({
    present: true,
    packageInstalls: false,
    exec: false,
    selfUpdate: false,
    kinds: ['none'],
    allowedRoots: [],
  });
  expect(policy.report().problem).toContain(problem);
  expect(policy.refuses('exec')).toContain(`${PATH} cannot be followed`);
  expect(policy.refusesKind(Kind.SITE)).toContain('cannot be followed');
  expect(lines.join('')).toContain('nothing is allowed');
});

test('a file of somebody else, a link, a folder, and one in a folder that others can write close everything', async () => {
  for (const put of [
    (files: FakeFiles) => files.writeAtomic(PATH, 'exec = yes\n', { mode: 0o644, uid: 1000 }),
    async (files: FakeFiles) => {
      files.seed('/tmp/policy', 'exec = yes\n');
      await files.removeTree(PATH);
      await files.linkAtomic(PATH, '/tmp/policy');
    },
    async (files: FakeFiles) => {
      await files.removeTree(PATH);
      await files.makeFolder(PATH, 0o755);
    },
    (files: FakeFiles) => files.makeFolder('/etc/ostler', 0o777),
  ]) {
    const { files, policy } = await policyOf('exec = yes\n');
    expect(policy.refuses('exec')).toBeUndefined();
    await put(files);
    await policy.refresh();
    expect(policy.refuses('exec')).toBeDefined();
  }
});

test('a change is seen within a minute and told once; the agent never ends for it', async () => {
  const { clock, files, policy } = await policyOf('exec = yes\n');
  const changed = vi.fn<() => void>();
  policy.onChange(changed);
  files.seed(PATH, 'exec = no\n');
  await clock.advance(60_000);
  expect(policy.refuses('exec')).toContain('line 1');
  await clock.advance(180_000);
  expect(changed).toHaveBeenCalledTimes(1);
  files.seed(PATH, 'exec = of course\n');
  await clock.advance(60_000);
  files.seed(PATH, 'exec = yes\n');
  await clock.advance(60_000);
  expect(policy.refuses('exec')).toBeUndefined();
  expect(changed).toHaveBeenCalledTimes(3);
  policy.stop();
});

test('before it was read nothing is allowed', () => {
  const clock = new FakeClock();
  const log = createJsonLog({ clock, level: 'error', write: () => undefined });
  const policy = new LocalPolicy({ files: new FakeFiles(), clock, log });
  expect(policy.refuses('self_update')).toContain('has not been read yet');
});

test('an operation is refused at the moment at which it would begin', async () => {
  const run = vi.fn<OperationKind['run']>(async () => ({ state: State.SUCCEEDED, message: 'done' }));
  let refusal: string | undefined = 'not here: line 2';
  const kind = bounded({ case: 'installNginx', run }, () => refusal);
  const context = {} as OperationContext;
  const start = create(OperationStartSchema);
  expect(await kind.run(context, start)).toEqual({
    state: State.FAILED,
    reason: 'POLICY_REFUSED',
    message: 'not here: line 2',
  });
  expect(run).not.toHaveBeenCalled();
  refusal = undefined;
  expect(await kind.run(context, start)).toMatchObject({ state: State.SUCCEEDED });
});
