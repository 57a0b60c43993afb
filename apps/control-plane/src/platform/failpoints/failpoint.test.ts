import { expect, test } from 'vitest';

import { armFailpoint, failpoint } from '.';

test('a point that is not registered is refused at start, by the name of its setting', () => {
  expect(() => armFailpoint('apply.comitted')).toThrow(/OSTLER_FAILPOINT: apply\.comitted/);
  expect(() => armFailpoint('toString')).toThrow('OSTLER_FAILPOINT');
});

test('without a setting, and at points that are not armed, the process goes on', () => {
  armFailpoint(undefined);
  failpoint('apply.committed');
  armFailpoint('apply.written');
  failpoint('apply.committed');
  armFailpoint(undefined);
  expect(process.exitCode).toBeUndefined();
});
