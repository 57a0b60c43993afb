import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ServerPlaces } from './server-places';

// Each ServerPlaces stands for one process of tests; the locks are the machine's own.

let folder: string;
let runs: ServerPlaces[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ostler-places-'));
  runs = [];
});

afterEach(async () => {
  await Promise.all(runs.map((run) => run.giveBackAll()));
  await rm(folder, { recursive: true });
});

function run(): ServerPlaces {
  const places = new ServerPlaces(folder, 2);
  runs.push(places);
  return places;
}

/** Whether it has a place by now; the one who waits goes on waiting. */
async function seen(taking: Promise<void>): Promise<{ readonly has: boolean }> {
  const state = { has: false };
  void taking.then(() => (state.has = true));
  return state;
}

test('a third server waits until a place is given back', async () => {
  const [one, two, three, four] = [run(), run(), run(), run()];
  await one.take('a');
  await two.take('b');
  const third = three.take('c');
  await two.giveBack('b');
  await third;
  const fourth = four.take('d');
  const waiting = await seen(fourth);
  expect(waiting.has).toBe(false);
  await one.giveBack('a');
  await fourth;
  expect(waiting.has).toBe(true);
});

test('who needs two waits for its second, and several of them take turns', async () => {
  const pairs = [run(), run(), run()];
  const order: string[] = [];
  await Promise.all(
    pairs.map(async (places, index) => {
      await places.beginSeveral();
      order.push(`begin ${index}`);
      await places.take('a');
      await places.take('b');
      order.push(`end ${index}`);
      await places.giveBackAll();
    }),
  );
  for (let at = 0; at < order.length; at += 2) expect(order[at + 1]).toBe(order[at]?.replace('begin', 'end'));
});

test('beside who needs two, another file has its one server and lets the second one wait', async () => {
  const [pair, other] = [run(), run()];
  await pair.beginSeveral();
  await pair.take('a');
  await other.take('x');
  const second = pair.take('b');
  const waiting = await seen(second);
  expect(waiting.has).toBe(false);
  await other.giveBack('x');
  await second;
});

test('a second server that was not announced is an error, not a wait for ever', async () => {
  const places = run();
  await places.take('a');
  await expect(places.take('b')).rejects.toThrow('beginSeveralServers()');
  await expect(places.beginSeveral()).rejects.toThrow('before the first boot');
});

test('a run that gives everything back has nothing left', async () => {
  const [one, two] = [run(), run()];
  await one.beginSeveral();
  await one.take('a');
  await one.giveBackAll();
  await two.beginSeveral();
  await two.take('a');
  await two.take('b');
});
