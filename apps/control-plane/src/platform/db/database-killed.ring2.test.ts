import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type Client, Code, ConnectError, createClient } from '@connectrpc/connect';
import { Kind, ResourceService } from '@ostler/contracts';
import { newUid, pause, systemClock } from '@ostler/kernel';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';

import { selfSigned } from '../../resources/engine.fixture';
import { bundleProgram, type Program } from '../../testing/bundle-program.fixture';
import { callAs } from '../../testing/call-as.fixture';
import { MortalControlPlane } from '../../testing/mortal-control-plane.fixture';
import { signInFirst } from '../../testing/sign-in-first.fixture';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

const CALLERS = ['one', 'two', 'three', 'four', 'five', 'six'];
const BEFORE = 4;
const AFTER = 4;
const BETWEEN_TRIES_MS = 50;

let program: Program;
let data: string;
let plane: MortalControlPlane;
let resources: Client<typeof ResourceService>;

beforeAll(async () => {
  program = await bundleProgram('database-killed');
  data = await mkdtemp(join(tmpdir(), 'ostler-database-'));
  await chmod(data, 0o711);
  plane = new MortalControlPlane({ program: program.file, dataFolder: data });
  const token = await signInFirst(plane);
  resources = await plane.call(async (url) => createClient(ResourceService, callAs(url, token)));
});
afterAll(async () => {
  await plane.stop('SIGTERM');
  await rm(data, { recursive: true });
  await program.remove();
});

/** Applies one generation after the other, each with the same request id until it is answered. */
class Caller {
  readonly acknowledged: bigint[] = [];
  readonly refusals: Code[] = [];

  constructor(private readonly name: string) {}

  async apply(times: number): Promise<void> {
    for (let time = 0; time < times; time++) await this.applyOne();
  }

  private async applyOne(): Promise<void> {
    const wanted = this.acknowledged.length + 1;
    const request = {
      requestId: newUid(),
      resources: [selfSigned(this.name, `v${wanted}.${this.name}.example`)],
    };
    for (;;) {
      try {
        const { results } = await resources.apply(request);
        this.acknowledged.push(results[0]!.resource!.meta!.generation);
        return;
      } catch (error) {
        const { code } = ConnectError.from(error);
        this.refusals.push(code);
        if (code !== Code.Unavailable) throw error;
        await pause(systemClock, BETWEEN_TRIES_MS);
      }
    }
  }
}

test('a killed database loses nothing that was acknowledged, and doubles nothing that is asked for again', async () => {
  const callers = CALLERS.map((name) => new Caller(name));
  await Promise.all(callers.map((caller) => caller.apply(BEFORE)));
  const busy = Promise.all(callers.map((caller) => caller.apply(BEFORE + AFTER)));
  busy.catch(() => undefined);
  await vi.waitFor(() => expect(total(callers)).toBeGreaterThan(CALLERS.length * (BEFORE + 1)), {
    timeout: 60_000,
    interval: 1,
  });
  process.kill(await postmasterPid(), 'SIGKILL');
  await busy;
  expect(plane.deaths).toEqual([]);
  expect(callers.flatMap(({ refusals }) => refusals).length).toBeGreaterThan(0);
  const story = Array.from({ length: BEFORE + BEFORE + AFTER }, (_, index) => BigInt(index + 1));
  for (const [index, caller] of callers.entries()) {
    expect(caller.acknowledged).toEqual(story);
    expect(await generationsOf(CALLERS[index]!)).toEqual(story);
  }
});

const total = (callers: readonly Caller[]): number =>
  callers.reduce((sum, { acknowledged }) => sum + acknowledged.length, 0);

async function generationsOf(name: string): Promise<bigint[]> {
  const { revisions } = await resources.listRevisions({ kind: Kind.CERTIFICATE, name, pageSize: 100 });
  return revisions.map(({ generation }) => generation).reverse();
}

async function postmasterPid(): Promise<number> {
  const file = await readFile(join(data, 'postgresql/18/postmaster.pid'), 'utf8');
  return Number(file.split('\n')[0]);
}
