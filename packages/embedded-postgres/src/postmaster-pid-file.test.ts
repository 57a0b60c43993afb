import { describe, expect, it } from 'vitest';

import { parsePostmasterPidFile } from './postmaster-pid-file';

const whole = '4242\n/data/18\n1763629000\n40123\n\n127.0.0.1\n  5432001    98304\nready   \n';

describe('postmaster.pid', () => {
  it('tells process, port and status', () => {
    expect(parsePostmasterPidFile(whole)).toEqual({ pid: 4242, port: 40123, status: 'ready' });
  });

  it('is read at every length that a power loss may leave', () => {
    for (let length = 1; length <= whole.length; length++) {
      const parsed = parsePostmasterPidFile(whole.slice(0, length));
      expect([undefined, 'ready']).toContain(parsed?.status);
      expect([undefined, 4, 42, 424, 4242]).toContain(parsed?.pid);
    }
  });

  it.each(['', '\n', '-1\n', '0\n', '12x\n', '99999999999999\n'])('refuses %j as a process id', (text) => {
    expect(parsePostmasterPidFile(text)).toBeUndefined();
  });

  it('has no status before the server wrote one', () => {
    expect(parsePostmasterPidFile('4242\n/data/18\n1763629000\n40123\n')?.status).toBeUndefined();
  });
});
