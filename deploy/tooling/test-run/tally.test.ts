import { describe, expect, it } from 'vitest';

import { add, closingLine, failedNames, nothing, skippedNames, tallyOf } from './tally.ts';
import type { VitestReport } from './tally.ts';

const file = (status: string, ...tests: string[]): VitestReport['testResults'][number] => ({
  name: '/a.test.ts',
  status,
  assertionResults: tests.map((test) => ({ status: test, fullName: `${test} one` })),
});

describe('the tally of a ring', () => {
  it('counts tests by how they ended', () => {
    const report = {
      testResults: [file('passed', 'passed', 'pending', 'todo'), file('failed', 'passed', 'failed')],
    };
    expect(tallyOf(report, 1)).toEqual({ passed: 2, failed: 1, skipped: 2 });
    expect(skippedNames(report)).toEqual(['/a.test.ts: pending one', '/a.test.ts: todo one']);
  });

  it('counts a file that did not load', () => {
    expect(tallyOf({ testResults: [file('failed')] }, 1)).toEqual({ passed: 0, failed: 1, skipped: 0 });
  });

  it('names what failed, and how', () => {
    const [broken, mixed] = [file('failed'), file('failed', 'passed', 'failed')];
    const report = {
      testResults: [
        { ...broken, message: 'Cannot find module\n  at here' },
        {
          ...mixed,
          assertionResults: mixed.assertionResults.map((test) => ({
            ...test,
            failureMessages: ['1 is not 2\n at'],
          })),
        },
      ],
    };
    expect(failedNames(report)).toEqual([
      '/a.test.ts: Cannot find module',
      '/a.test.ts: failed one: 1 is not 2',
    ]);
  });

  it('counts a run that ended badly with every test well', () => {
    expect(tallyOf({ testResults: [file('passed', 'passed')] }, 1)).toEqual({
      passed: 1,
      failed: 1,
      skipped: 0,
    });
    expect(tallyOf({ testResults: [file('passed', 'passed')] }, null).failed).toBe(1);
  });

  it('counts a run that left no report', () => {
    expect(tallyOf(undefined, 0)).toEqual({ passed: 0, failed: 1, skipped: 0 });
  });
});

it('closes with one line that a program can read', () => {
  const sum = add(add(nothing, { passed: 3, failed: 0, skipped: 1 }), { passed: 4, failed: 2, skipped: 0 });
  expect(closingLine(sum)).toBe('7 passed, 2 failed, 1 skipped');
});
