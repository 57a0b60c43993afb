import { chmodSync, mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { forgetContext, readContexts, storeContext } from './context-file';

const home = { url: 'http://localhost:7070', email: 'owner@example.test', token: 'secret' };
const shop = { ...home, url: 'https://shop.example.test' };

function freshPath(): string {
  return join(mkdtempSync(join(tmpdir(), 'ostler-cli-')), 'folder', 'cli.json');
}

test('sign-ins are kept for their owner alone, the last one is the present one', () => {
  const path = freshPath();
  expect(readContexts(path)).toEqual({ current: '', contexts: {} });
  storeContext(path, 'home', home);
  storeContext(path, 'shop', shop);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readContexts(path)).toEqual({ current: 'shop', contexts: { home, shop } });
});

test('of those that are left when the present one is forgotten none is chosen by guess', () => {
  const path = freshPath();
  for (const name of ['a', 'b', 'c']) storeContext(path, name, home);
  forgetContext(path, 'c');
  expect(readContexts(path).current).toBe('');
});

test('the only one that is left is the present one', () => {
  const path = freshPath();
  for (const name of ['a', 'b']) storeContext(path, name, home);
  forgetContext(path, 'b');
  expect(readContexts(path).current).toBe('a');
});

test('a file from before there were several holds the context default', () => {
  const path = freshPath();
  storeContext(path, 'x', home);
  writeFileSync(path, JSON.stringify(home));
  expect(readContexts(path)).toEqual({ current: 'default', contexts: { default: home } });
});

test('a file that others can read is refused, and so is one that is damaged', () => {
  const path = freshPath();
  storeContext(path, 'home', home);
  chmodSync(path, 0o644);
  expect(() => readContexts(path)).toThrow(`chmod 600 ${path}`);
  chmodSync(path, 0o600);
  for (const text of ['{"url":', '{"contexts":{"a":{"url":1}}}', '[]', 'null']) {
    writeFileSync(path, text);
    expect(() => readContexts(path)).toThrow('sign in again');
  }
});
