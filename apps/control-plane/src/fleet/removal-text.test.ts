import { expect, test } from 'vitest';
import { removalText } from './removal-text';

const none = { placedOnlyThere: 0, placedElsewhereToo: 0, runningOperations: 0 };

test.each([
  [none, 'The agent of web-1 is not let in any more. Nothing is placed on it.'],
  [
    { ...none, placedOnlyThere: 1 },
    'The agent of web-1 is not let in any more. One resource is placed on it: it goes on running there, and nothing manages it any more. No other server serves it.',
  ],
  [
    { placedOnlyThere: 2, placedElsewhereToo: 3, runningOperations: 1 },
    'The agent of web-1 is not let in any more. 5 resources are placed on it: they go on running there, and nothing manages them any more. 2 of them run nowhere else: no other server serves them. One operation has not ended; what becomes of it will not be known.',
  ],
])('the removal of a server with %o', (counts, text) => {
  expect(removalText('web-1', counts)).toBe(text);
});
