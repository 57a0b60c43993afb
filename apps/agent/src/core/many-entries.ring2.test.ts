import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { newUid } from '@ostler/kernel';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { MOST_ENTRIES } from '../store/manifest-judge';
import { domainOf, uidOf, type ManyInput, type ManyResult } from '../testing/many-entries-scenario.fixture';
import { buildManifest, siteBody } from '../testing/manifest-builder';

// As many sites as DESIGN allows on one server, in the heap that the package gives the agent.

vi.setConfig({ testTimeout: 400_000 });

const FLAGS = join(import.meta.dirname, '../../../../deploy/agent/agent-flags.txt');
const serverUid = newUid<'Server'>();
let folder: string;
let flags: string[];

beforeAll(async () => {
  // In memory: what is looked at is the heap, and 20,000 files are synced.
  folder = await mkdtemp('/dev/shm/ostler-many-');
  await chmod(folder, 0o755);
  flags = (await readFile(FLAGS, 'utf8')).split('\n').filter((flag) => flag !== '');
  const tsconfig = join(import.meta.dirname, '../../tsconfig.json');
  for (const [name, source] of [
    ['agent', '../testing/many-entries.fixture.ts'],
    ['rules', '../store/rules.worker.ts'],
  ]) {
    const input = join(import.meta.dirname, source!);
    const bundle = await rolldown({ input, platform: 'node', tsconfig, onLog: () => undefined });
    // As small as the agent's own: V8 keeps the text of a program.
    await bundle.write({
      file: join(folder, `${name}.cjs`),
      format: 'cjs',
      codeSplitting: false,
      minify: true,
    });
  }
  for (const part of ['store', 'nginx', 'bodies']) await mkdir(join(folder, part));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** Writes down a manifest of all sites, of which the first has this text. */
async function offered(revision: bigint, text: string): Promise<ManyInput['offered']> {
  const resources = Array.from({ length: MOST_ENTRIES }, (_, number) => ({
    uid: uidOf(number),
    name: `site-${number}`,
    generation: number === 0 ? revision : 1n,
    body: siteBody(domainOf(number), number === 0 ? text : `page ${number}`),
  }));
  const { index, bodies } = buildManifest({ serverUid, revision, resources });
  for (const { sha256, bytes } of bodies)
    await writeFile(join(folder, 'bodies', Buffer.from(sha256).toString('hex')), bytes);
  await writeFile(join(folder, 'index'), index);
  return { index: join(folder, 'index'), bodies: join(folder, 'bodies') };
}

/** One life of the agent. */
async function live(manifest?: ManyInput['offered']): Promise<ManyResult> {
  const input: ManyInput = {
    state: folder,
    result: join(folder, 'result'),
    serverUid,
    ...(manifest && { offered: manifest }),
  };
  await writeFile(join(folder, 'input'), JSON.stringify(input));
  const program = [...flags, join(folder, 'agent.cjs'), join(folder, 'input')];
  const child = spawn(process.execPath, program, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (piece: Buffer) => (said = (said + piece.toString()).slice(-20_000)));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`the agent ended with ${code}:\n${said}`);
  return JSON.parse(await readFile(input.result, 'utf8')) as ManyResult;
}

test('a manifest of as many entries as there may be is taken and made so', async () => {
  expect(flags.join(' ')).toContain('--max-old-space-size=32');
  const first = await live(await offered(1n, 'first'));
  expect(first.refused).toBeUndefined();
  expect(first.ready).toBe(MOST_ENTRIES);
  // Not one reload for each, and not all plans in memory at once.
  expect(first.reloads).toBeGreaterThan(5);
  expect(first.reloads).toBeLessThan(MOST_ENTRIES / 100);
});

test('the next start finds it again, and one change is one reload', async () => {
  const { refused, ready, reloads } = await live(await offered(2n, 'second'));
  expect({ refused, ready, reloads }).toEqual({ refused: undefined, ready: 1, reloads: 1 });
});
