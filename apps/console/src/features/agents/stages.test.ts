import { expect, test } from 'vitest';
import { parseStages } from './stages';

test.each([
  ['1, 10, 100', [1, 10, 100]],
  ['100', [100]],
  [' 5 50  100 ', [5, 50, 100]],
])('%j are stages', (text, stages) => {
  expect(parseStages(text)).toEqual(stages);
});

test.each([
  '',
  '10',
  '10, 5, 100',
  '0, 100',
  '1, 1, 100',
  '1.5, 100',
  'x, 100',
  '50, 100, 200',
  '1,2,3,4,5,6,7,8,9,10,100',
])('%j are none', (text) => {
  expect(parseStages(text)).toBeUndefined();
});
