import { expect, test } from 'vitest';
import { Gather } from './gather';

/** Batches that wait until they are let go. */
function held(most = 10, isForAll = false) {
  const batches: number[][] = [];
  const gates: PromiseWithResolvers<void>[] = [];
  const gather = new Gather<number, string>(
    async (items) => {
      batches.push([...items]);
      const gate = Promise.withResolvers<void>();
      gates.push(gate);
      await gate.promise;
      if (items.includes(13)) throw new Error('13 fails');
      return items.map((item) => `answer ${item}`);
    },
    { most, keyOf: (item) => String(item % 100), isForAll: () => isForAll },
  );
  const letGo = async (): Promise<void> => {
    while (gates.length === 0) await Promise.resolve();
    gates.shift()?.resolve();
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  };
  return { gather, batches, letGo };
}

test('what is asked in one turn goes together, and what comes meanwhile goes next', async () => {
  const { gather, batches, letGo } = held(3);
  const first = [1, 2].map((item) => gather.ask(item));
  await Promise.resolve();
  const next = [3, 4, 5, 6].map((item) => gather.ask(item));
  await letGo();
  expect(await Promise.all(first)).toEqual(['answer 1', 'answer 2']);
  await letGo();
  await letGo();
  expect(await Promise.all(next)).toEqual(['answer 3', 'answer 4', 'answer 5', 'answer 6']);
  expect(batches).toEqual([[1, 2], [3, 4, 5], [6]]);
});

test('items of one key keep their order, each in a batch of its own', async () => {
  const { gather, batches, letGo } = held();
  const all = [1, 101, 2, 201].map((item) => gather.ask(item));
  for (let batch = 0; batch < 3; batch++) await letGo();
  await Promise.all(all);
  expect(batches).toEqual([[1, 2], [101], [201]]);
});

test('one that fails fails alone', async () => {
  const { gather, letGo } = held();
  const answers = Promise.allSettled([1, 13, 2].map((item) => gather.ask(item)));
  for (let batch = 0; batch < 4; batch++) await letGo();
  expect((await answers).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
});

test('an error for all is told to all at once', async () => {
  const { gather, batches, letGo } = held(10, true);
  const answers = Promise.allSettled([1, 13, 2].map((item) => gather.ask(item)));
  await letGo();
  expect((await answers).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  expect(batches).toHaveLength(1);
});
