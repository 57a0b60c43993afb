/** How a check or a ring ended. A check without tests of its own counts as one. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export const nothing: Tally = { passed: 0, failed: 0, skipped: 0 };

export function add(one: Tally, other: Tally): Tally {
  return {
    passed: one.passed + other.passed,
    failed: one.failed + other.failed,
    skipped: one.skipped + other.skipped,
  };
}

/** The closing line that CI reads; its form is a promise. */
export function closingLine({ passed, failed, skipped }: Tally): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

/** The part of vitest's JSON report that is counted here. */
export interface VitestReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message?: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages?: readonly string[];
    }[];
  }[];
}

/**
 * Counts a ring. A file that failed without a failed test (it did not load, or a hook threw), and a run that
 * ended badly with every test well (an error nobody caught), each count as one failure: neither may
 * disappear from the sum.
 */
export function tallyOf(report: VitestReport | undefined, exitCode: number | null): Tally {
  if (!report) return { ...nothing, failed: 1 };
  const tests = report.testResults.flatMap(({ assertionResults }) => assertionResults);
  const count = (...statuses: string[]) => tests.filter(({ status }) => statuses.includes(status)).length;
  const brokenFiles = report.testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  ).length;
  const failed = count('failed') + brokenFiles;
  const isUnexplained = exitCode !== 0 && failed === 0;
  return {
    passed: count('passed'),
    failed: failed + (isUnexplained ? 1 : 0),
    skipped: count('pending', 'skipped', 'todo', 'disabled'),
  };
}

/** The names of the tests that were skipped, with their file. */
export function skippedNames(report: VitestReport | undefined): string[] {
  return (report?.testResults ?? []).flatMap(({ name, assertionResults }) =>
    assertionResults
      .filter(({ status }) => status !== 'passed' && status !== 'failed')
      .map(({ fullName }) => `${name}: ${fullName}`),
  );
}

/** What failed, with its file and how, a line each: a long run is read from its end. */
export function failedNames(report: VitestReport | undefined): string[] {
  return (report?.testResults ?? []).flatMap(({ name, status, message, assertionResults }) => {
    const failed = assertionResults.filter((test) => test.status === 'failed');
    if (failed.length === 0 && status === 'failed') return [`${name}: ${firstLine(message)}`];
    return failed.map((test) => `${name}: ${test.fullName}: ${firstLine(test.failureMessages?.[0])}`);
  });
}

const firstLine = (text = '') => text.split('\n', 1)[0]!.slice(0, 300);
