import { chmodSync, mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { forgetContext, readContext, writeContext } from './context-file';

const signedIn = { url: 'http://localhost:7070', email: 'owner@example.test', token: 'secret' };

function freshPath(): string {
  return join(mkdtempSync(join(tmpdir(), 'ostler-cli-')), 'folder', 'cli.json');
}

test('a sign-in is kept for its owner alone, and forgotten', () => {
  const path = freshPath();
  expect(readContext(path)).toBeUndefined();
  writeContext(path, signedIn);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readContext(path)).toEqual(signedIn);
  forgetContext(path);
  expect(readContext(path)).toBeUndefined();
});

test('a file that others can read is refused, and so is one that is damaged', () => {
  const path = freshPath();
  writeContext(path, signedIn);
  chmodSync(path, 0o644);
  expect(() => readContext(path)).toThrow(`chmod 600 ${path}`);
  chmodSync(path, 0o600);
  writeFileSync(path, '{"url":');
  expect(() => readContext(path)).toThrow('sign in again');
});
