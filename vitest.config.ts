import { defineConfig } from 'vitest/config';

const sources = '{apps,packages,e2e,deploy}';
const setupFiles = ['packages/test-kit/src/patience.setup.ts'];
const never = ['**/node_modules/**', '**/dist/**'];

// The rings of tests, one project each: `pnpm vitest run --project ring01`.
// ring01 is pure or runs on fakes; ring2 uses real PostgreSQL, nginx, Docker on this machine;
// ring3 boots whole servers, so no more than three of its files run at once: e2e/harness/server-places.ts.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'ring01',
          setupFiles,
          include: [`${sources}/**/*.test.{ts,tsx}`],
          exclude: [...never, '**/*.ring2.test.ts', '**/*.ring3.test.ts'],
          // Milliseconds each, most of them; on a machine with twenty programs for two cores, not.
          testTimeout: 20_000,
          maxWorkers: '100%',
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'ring2',
          setupFiles,
          include: [`${sources}/**/*.ring2.test.ts`],
          globalSetup: ['packages/test-kit/src/postgres/global-setup.ts'],
          exclude: never,
          // Files share the processors, and each has a database or an nginx at work.
          testTimeout: 60_000,
          hookTimeout: 120_000,
          maxWorkers: '100%',
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'ring3',
          setupFiles,
          include: [`${sources}/**/*.ring3.test.ts`],
          exclude: never,
          // Most of them wait for a boot, a timer or a disk: three keep two processors at work.
          maxWorkers: 3,
          testTimeout: 300_000,
          // A server may have to wait for its place until another file of tests is through.
          hookTimeout: 900_000,
          sequence: { groupOrder: 2 },
        },
      },
      {
        // Not a ring: `pnpm bench` measures and writes docs/benchmarks.md, alone on the machine if possible.
        test: {
          name: 'perf',
          include: ['e2e/perf/*.perf.ts'],
          exclude: never,
          fileParallelism: false,
          testTimeout: 900_000,
          hookTimeout: 300_000,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
