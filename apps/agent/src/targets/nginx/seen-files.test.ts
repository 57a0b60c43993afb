import { expect, test } from 'vitest';
import { FakeFiles } from '../../host/fs/fake';
import { SeenFiles } from './seen-files';

const FOLDER = '/sites/a/1';
const NAMES = ['site.conf', 'page.html'];
const LONG_AFTER = 1_000_000;

async function seenOnce() {
  const files = new FakeFiles({ [`${FOLDER}/site.conf`]: 'one', [`${FOLDER}/page.html`]: 'page' });
  const seen = new SeenFiles(files);
  (await seen.look('a', FOLDER, NAMES, LONG_AFTER)).remember();
  const isAsSeen = async (folder = FOLDER, nowMs = LONG_AFTER): Promise<boolean> =>
    (await seen.look('a', folder, NAMES, nowMs)).isAsSeen;
  return { files, seen, isAsSeen };
}

test('a folder that was seen is as seen until a file of it changes, if only its time', async () => {
  const { files, isAsSeen } = await seenOnce();
  expect(await isAsSeen()).toBe(true);
  files.seed(`${FOLDER}/page.html`, 'page');
  expect(await isAsSeen()).toBe(false);
});

test('a file that is gone is a change, and another folder was never seen', async () => {
  const { files, isAsSeen } = await seenOnce();
  expect(await isAsSeen('/sites/a/2')).toBe(false);
  await files.removeTree(`${FOLDER}/page.html`);
  expect(await isAsSeen()).toBe(false);
});

test('what was looked at is not remembered before it was found to be right', async () => {
  const { files, isAsSeen } = await seenOnce();
  files.seed(`${FOLDER}/site.conf`, 'two');
  expect(await isAsSeen()).toBe(false);
  expect(await isAsSeen()).toBe(false);
});

test('a file that was changed this moment is read again: the next change may have the same time', async () => {
  const { files, seen, isAsSeen } = await seenOnce();
  seen.forget('a');
  expect(await isAsSeen()).toBe(false);
  const { changedMs } = (await files.state(`${FOLDER}/page.html`))!;
  (await seen.look('a', FOLDER, NAMES, changedMs + 1_999)).remember();
  expect(await isAsSeen()).toBe(false);
  (await seen.look('a', FOLDER, NAMES, changedMs + 2_000)).remember();
  expect(await isAsSeen()).toBe(true);
});
