import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { create, toBinary } from '@bufbuild/protobuf';
import { ManifestBodySchema } from '@ostler/contracts';
import { FakeClock } from '@ostler/test-kit';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { siteBody } from '../testing/manifest-builder';
import { RulesThread } from './rules-thread';

let folder: string;
let program: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ostler-rules-'));
  program = join(folder, 'rules.cjs');
  const bundle = await rolldown({
    input: join(import.meta.dirname, 'rules.worker.ts'),
    platform: 'node',
    onLog: () => undefined,
  });
  await bundle.write({ file: program, format: 'cjs', codeSplitting: false });
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const good = toBinary(ManifestBodySchema, siteBody('a.example'));
const bad = toBinary(ManifestBodySchema, create(ManifestBodySchema, { spec: { case: 'site', value: {} } }));

test('the thread says what the rules say, each question its own answer', async () => {
  const rules = new RulesThread(program, new FakeClock());
  const answers = await Promise.all([good, bad, good].map((body) => rules.violations(body)));
  expect(answers.map((violations) => violations.map(({ field }) => field))).toEqual([
    [],
    ['site.domains', 'site.handler'],
    [],
  ]);
  await rules.stop();
});

test('the thread ends when there is nothing to check, and another one answers later', async () => {
  const clock = new FakeClock();
  const rules = new RulesThread(program, clock);
  expect(await rules.violations(good)).toEqual([]);
  expect(clock.timers).toBe(1);
  await clock.advance(30_000);
  expect(clock.timers).toBe(0);
  expect(await rules.violations(bad)).toHaveLength(2);
  await rules.stop();
});

test('bytes that are no body are an error, and the thread goes on', async () => {
  const rules = new RulesThread(program, new FakeClock());
  await expect(rules.violations(new Uint8Array([0xff]))).rejects.toThrow('could not be checked');
  expect(await rules.violations(good)).toEqual([]);
  await rules.stop();
});

test('a thread that hangs is ended, whoever waits hears of it, and the agent goes on', async () => {
  const hanging = join(folder, 'hanging.cjs');
  await writeFile(hanging, "require('node:worker_threads').parentPort.on('message', () => { for (;;); });");
  const clock = new FakeClock();
  const rules = new RulesThread(hanging, clock);
  const asked = expect(rules.violations(good)).rejects.toThrow('no answer in time');
  await clock.advance(20_000);
  await asked;
});

test('a thread that dies fails what was asked of it', async () => {
  const dying = join(folder, 'dying.cjs');
  await writeFile(
    dying,
    "require('node:worker_threads').parentPort.on('message', () => { throw new Error('dead'); });",
  );
  await expect(new RulesThread(dying, new FakeClock()).violations(good)).rejects.toThrow('dead');
});
