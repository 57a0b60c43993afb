import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { makeAgentImage } from './make-image.ts';
import { makeAgentPackage } from './make-package.ts';

const run = promisify(execFile);
let output: string;

beforeAll(async () => {
  output = await mkdtemp(join(tmpdir(), 'ostler-agent-image-'));
});
afterAll(() => rm(output, { recursive: true }));

test('the image has all that its program needs, and runs where there is nothing else', async () => {
  const bundle = join(output, 'agent.cjs');
  await writeFile(
    bundle,
    'console.log(JSON.stringify([require("node:tls").rootCertificates.length > 0, process.argv[2]]))',
  );
  const { folder, rootArchive, entrypoint } = await makeAgentImage(
    output,
    await makeAgentPackage(output, bundle),
  );
  const tree = join(output, 'tree');
  await run('/bin/mkdir', [tree]);
  await run('/bin/tar', ['-xf', rootArchive, '-C', tree]);
  expect(existsSync(join(tree, 'bin/sh'))).toBe(false);
  const { stdout } = await run('/usr/sbin/chroot', [tree, ...entrypoint]);
  expect(JSON.parse(stdout)).toEqual([true, 'run']);
  const dockerfile = await readFile(join(folder, 'Dockerfile'), 'utf8');
  expect(dockerfile).toContain(`ENTRYPOINT ${JSON.stringify(entrypoint)}`);
}, 60_000);
