import { Operation_State as State } from '@ostler/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { waitFor } from '../harness';
import type { Mood } from '../journeys/agent-builds';
import { UpdatedServer } from '../journeys/updated-server';
import { atMost, type Row, writeSection } from './report';
import { duration } from './statistics';

const MOODS: Readonly<Record<Mood, string>> = {
  crashes: 'ends at once, again and again',
  'never-connects': 'runs and never connects',
  hangs: 'hangs, deaf to SIGTERM',
};
const BACK_WITHIN_MS = 60_000;

let it: UpdatedServer;
let newer: string;

beforeAll(async () => {
  it = await UpdatedServer.boot('updated', async (builds, key) => {
    newer = await builds.moody(key, 20n);
  });
}, 900_000);
afterAll(() => it?.close());

/** From the arming of the timer, before the old agent is stopped, to a no-op that the old agent has carried out. */
async function backAfterMs(mood: Mood): Promise<number> {
  await it.setMood(mood);
  const uid = await it.startUpdate(newer);
  await waitFor('the timer is armed', () => it.isArmed(), { intervalMs: 50 });
  const armedMs = performance.now();
  await waitFor('the new one is started', async () => (await it.current()) === newer);
  await waitFor('the old one is back', async () => (await it.current()) === it.installed);
  await it.serves(it.installed);
  const tookMs = performance.now() - armedMs;
  expect(await it.ended(uid)).toMatchObject({ state: State.FAILED, reason: 'ROLLED_BACK' });
  await it.settled();
  return tookMs;
}

test('a bad update is taken back, whatever is wrong with it', async () => {
  const rows: Row[] = [];
  for (const [mood, words] of Object.entries(MOODS)) {
    const tookMs = await backAfterMs(mood as Mood);
    rows.push({
      what: `new agent ${words}: the old one carries out operations again`,
      measured: duration(tookMs),
      beside: atMost(BACK_WITHIN_MS, tookMs, duration),
    });
  }
  const beganMs = performance.now();
  expect(await it.update(newer)).toMatchObject({ state: State.SUCCEEDED });
  rows.push({
    what: 'a good update, from its start to its end: fetched, unpacked, switched, confirmed',
    measured: duration(performance.now() - beganMs),
    beside: '',
  });
  writeSection(
    'Updates of the agent',
    '`pnpm bench:update`. The packaged agent on a booted test server (User Mode Linux, one processor), updated to a build that behaves badly; counted from the moment in which the timer is armed, before the old agent is stopped.',
    rows,
  );
});
