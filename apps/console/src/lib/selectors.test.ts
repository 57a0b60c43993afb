import { create } from '@bufbuild/protobuf';
import { SavedSelectorSchema } from '@ostler/contracts';
import { expect, test } from 'vitest';
import { parseFilter } from './filter';
import { hasLabels, labelsOfFilter, selectorNamed } from './selectors';

test('a server matches when it has every label, with its value', () => {
  const server = { labels: { env: 'prod', zone: 'fra' } };
  expect(hasLabels(server, { env: 'prod' })).toBe(true);
  expect(hasLabels(server, { env: 'prod', zone: 'ams' })).toBe(false);
  expect(hasLabels(server, {})).toBe(true);
});

test('the labels of a filter can be kept; what is no label with a value cannot', () => {
  const filter = parseFilter('shop label:env=prod label:role label:eq=a=b state:down');
  expect(labelsOfFilter(filter)).toEqual({ env: 'prod', eq: 'a=b' });
});

test('a selector is found by its name, with and without the sign of the command line', () => {
  const eu = create(SavedSelectorSchema, { name: 'eu' });
  expect([selectorNamed([eu], '@eu'), selectorNamed([eu], 'eu'), selectorNamed([eu], 'us')]).toEqual([
    eu,
    eu,
    undefined,
  ]);
});
