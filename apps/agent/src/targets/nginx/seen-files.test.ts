import { expect, test } from 'vitest';
import { FakeFiles } from '../../host/fs/fake';
import { SeenFiles } from './seen-files';

const FOLDER = '/sites/a/1';
const LONG_AFTER = 1_000_000;

async function seenOnce() {
  const files = new FakeFiles({ [`${FOLDER}/site.conf`]: 'one', [`${FOLDER}/page.html`]: 'page' });
  const seen = new SeenFiles(files);
  const remember = await seen.look('a', FOLDER, ['site.conf', 'page.html'], LONG_AFTER);
  remember();
  return { files, seen };
}

test('a folder that was seen is as seen until a file of it changes, if only its time', async () => {
  const { files, seen } = await seenOnce();
  expect(await seen.isAsSeen('a', FOLDER)).toBe(true);
  files.seed(`${FOLDER}/page.html`, 'page');
  expect(await seen.isAsSeen('a', FOLDER)).toBe(false);
});

test('a file that is gone is a change, and another folder was never seen', async () => {
  const { files, seen } = await seenOnce();
  expect(await seen.isAsSeen('a', '/sites/a/2')).toBe(false);
  await files.removeTree(`${FOLDER}/page.html`);
  expect(await seen.isAsSeen('a', FOLDER)).toBe(false);
});

test('what was looked at is not remembered before it was found to be right', async () => {
  const files = new FakeFiles({ [`${FOLDER}/site.conf`]: 'one' });
  const seen = new SeenFiles(files);
  await seen.look('a', FOLDER, ['site.conf'], LONG_AFTER);
  expect(await seen.isAsSeen('a', FOLDER)).toBe(false);
});

test('a file that was changed this moment is read again: the next change may have the same time', async () => {
  const files = new FakeFiles({ [`${FOLDER}/site.conf`]: 'one' });
  const seen = new SeenFiles(files);
  const { changedMs } = (await files.state(`${FOLDER}/site.conf`))!;
  (await seen.look('a', FOLDER, ['site.conf'], changedMs + 1_999))();
  expect(await seen.isAsSeen('a', FOLDER)).toBe(false);
  (await seen.look('a', FOLDER, ['site.conf'], changedMs + 2_000))();
  expect(await seen.isAsSeen('a', FOLDER)).toBe(true);
  seen.forget('a');
  expect(await seen.isAsSeen('a', FOLDER)).toBe(false);
});
