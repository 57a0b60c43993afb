import { expect, test } from 'vitest';
import { bulkText, runForEach } from './bulk';

test('one that is refused stops no other, and is named with its reason', async () => {
  const seen: string[] = [];
  const result = await runForEach(['a', 'b', 'c'], (name) => {
    if (name === 'b') return Promise.reject(new Error('It is held.'));
    seen.push(name);
    return Promise.resolve();
  });
  expect(seen).toEqual(['a', 'c']);
  expect(bulkText('Started on', 'server', result, (name) => name)).toMatch(
    /^Started on 2 servers\. 1 refused\. b: /,
  );
});

test('a few at a time are under way, and never more', async () => {
  let running = 0;
  let most = 0;
  const result = await runForEach(Array.from({ length: 40 }), async () => {
    most = Math.max(most, ++running);
    await Promise.resolve();
    running -= 1;
  });
  expect(result.done).toBe(40);
  expect(most).toBe(4);
});

test('of many refusals three are told and the rest counted', async () => {
  const result = await runForEach(['a', 'b', 'c', 'd', 'e'], () => Promise.reject(new Error('No.')));
  expect(bulkText('Started on', 'server', result, (name) => name)).toMatch(
    /^Started on 0 servers\. 5 refused\. .*And 2 more\.$/,
  );
});
