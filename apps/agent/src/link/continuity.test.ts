import { expect, test } from 'vitest';
import { FakeFiles } from '../host/fs/fake';
import { Continuity, machineName } from './continuity';

const FOLDER = '/state/identity';

async function counting(files = new FakeFiles()) {
  await files.makeFolder(FOLDER, 0o700);
  return { files, counter: new Continuity(files, FOLDER) };
}

test('each hello has a number of its own, through restarts and whatever is asked at once', async () => {
  const { files, counter } = await counting();
  expect(await Promise.all([counter.next(), counter.next(), counter.next()])).toEqual([1n, 2n, 3n]);
  expect(await new Continuity(files, FOLDER).next()).toBe(4n);
});

test('the number is on the disk before it is said: a crash at any change repeats none', async () => {
  for (let changes = 0; changes < 6; changes++) {
    const { files, counter } = await counting();
    const said = [await counter.next()];
    files.crashAfter(changes);
    await counter.next().then(
      (number) => said.push(number),
      () => undefined,
    );
    files.heal();
    said.push(await new Continuity(files, FOLDER).next());
    expect(new Set(said).size).toBe(said.length);
    expect(said.every((number, index) => index === 0 || number > said[index - 1]!)).toBe(true);
  }
});

test('a held agent says its number again until it is let in', async () => {
  const { files, counter } = await counting();
  expect(await counter.next()).toBe(1n);
  await counter.welcomed(true);
  expect(await new Continuity(files, FOLDER).next()).toBe(1n);
  expect(await counter.next()).toBe(1n);
  await counter.welcomed(false);
  expect(await counter.next()).toBe(2n);
});

test.each(['{}', 'no JSON', '{"helloCounter":"-1","held":false}', '{"helloCounter":7,"held":false}'])(
  'a file that says %s is not trusted, and named',
  async (content) => {
    const { files, counter } = await counting();
    files.seed(`${FOLDER}/continuity.json`, content, 0o600);
    await expect(counter.next()).rejects.toThrow(`${FOLDER}/continuity.json`);
    files.seed(`${FOLDER}/continuity.json`, '{"helloCounter":"7","held":false}', 0o644);
    await expect(counter.check()).rejects.toThrow('mode 0644');
  },
);

test('the machine is told apart without telling its id', async () => {
  const id = '0123456789abcdef0123456789abcdef';
  const name = await machineName(new FakeFiles({ '/etc/machine-id': `${id}\n` }));
  expect(name).toMatch(/^[0-9a-f]{64}$/);
  expect(name).not.toContain(id);
  expect(await machineName(new FakeFiles({ '/etc/machine-id': `${id}` }))).toBe(name);
  for (const content of ['', 'uninitialized\n', `${id}0`])
    expect(await machineName(new FakeFiles({ '/etc/machine-id': content }))).toBe('');
  expect(await machineName(new FakeFiles())).toBe('');
});
