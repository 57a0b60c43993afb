import { Globe } from 'lucide-react';
import { expect, test } from 'vitest';
import { type Command, rankCommands } from './commands';
import { crumbsOf } from './crumbs';

const command = (label: string, hint = ''): Command => ({ key: label, label, hint, icon: Globe });

test('names that begin with the text come before names that contain it, then hints', () => {
  const all = [command('my-shop'), command('docs', 'shop.example.test'), command('shop'), command('blog')];
  expect(rankCommands(all, 'Shop').map(({ label }) => label)).toEqual(['shop', 'my-shop', 'docs']);
  expect(rankCommands(all, ' ')).toBe(all);
});

test('every address tells the way to its page', () => {
  const labels = (path: string): string[] => crumbsOf(path).map(({ label }) => label);
  expect(labels('/')).toEqual(['Overview']);
  expect(labels('/sites/new/edit')).toEqual(['Sites', 'new', 'Edit']);
  expect(labels('/new/site')).toEqual(['Sites', 'New']);
  expect(labels('/agents/0196f000-0000-7000-8000-00000000abcd')).toEqual([
    'Servers',
    'Agent versions',
    '0000abcd',
  ]);
  expect(labels('/nowhere')).toEqual(['Not found']);
});
