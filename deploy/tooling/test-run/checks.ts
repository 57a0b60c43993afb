/** One part of `npm test`. */
export interface Check {
  readonly name: string;
  readonly says: string;
  readonly argv: readonly [program: string, ...args: string[]];
  /** Set for a ring, whose tests are counted one by one. */
  readonly isRing?: true;
  /** After which it is ended and counts as failed: a hung test must not swallow the closing line. */
  readonly limitMinutes: number;
}

const ring = (name: string, says: string, limitMinutes: number): Check => ({
  name,
  says,
  argv: ['vitest', 'run', '--project', name, '--reporter', 'default', '--reporter', 'json'],
  isRing: true,
  limitMinutes,
});

/** In the order of what they cost, so that the cheap ones speak first. */
export const checks: readonly Check[] = [
  { name: 'lint', says: 'oxlint, with types', argv: ['oxlint'], limitMinutes: 4 },
  { name: 'format', says: 'oxfmt', argv: ['oxfmt', '--check', '.'], limitMinutes: 2 },
  { name: 'types', says: 'TypeScript in every package', argv: ['pnpm', 'run', 'check'], limitMinutes: 4 },
  {
    name: 'walls',
    says: 'who may import whom',
    argv: ['node', 'deploy/tooling/walls/check-walls.ts'],
    limitMinutes: 5,
  },
  {
    name: 'contract',
    says: 'buf',
    argv: ['node', 'deploy/tooling/proto/proto.ts', 'check'],
    limitMinutes: 4,
  },
  {
    name: 'build',
    says: 'every program',
    argv: ['turbo', 'run', 'build', '--output-logs=errors-only'],
    limitMinutes: 5,
  },
  ring('ring01', 'pure code and whole apps on fakes', 8),
  ring('ring2', 'real PostgreSQL and nginx', 12),
  ring('ring3', 'booted servers and a browser', 40),
];
