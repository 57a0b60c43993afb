import { Globe } from 'lucide-react';
import { expect, test } from 'vitest';
import { type Command, rankCommands } from './commands';
import { crumbsOf } from './crumbs';
import { askedOperation } from './operation-commands';

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

test('the name of an operation, then a part of the name of a server', () => {
  const asked = (text: string) => {
    const found = askedOperation(text);
    return found && [found.kind.kind, found.server];
  };
  expect(asked('Diagnose web-')).toEqual(['diagnose', 'web-']);
  expect(asked('test nginx on WEB')).toEqual(['testNginxConfiguration', 'web']);
  expect(asked('Diagnose')).toBeUndefined();
  expect(asked('web-1')).toBeUndefined();
});
