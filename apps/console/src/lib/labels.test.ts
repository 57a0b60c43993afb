import { expect, test } from 'vitest';
import { changedLabels, parseLabels } from './labels';

test('what is put is there, what is taken away is not, and the rest stays', () => {
  const before = { env: 'lab', zone: 'fra', old: '' };
  expect(changedLabels(before, parseLabels('env=prod'), ['old', 'missing'])).toEqual({
    env: 'prod',
    zone: 'fra',
  });
});

test('the same again changes nothing', () => {
  expect(changedLabels({ env: 'prod' }, { env: 'prod' }, ['old'])).toBeUndefined();
});
