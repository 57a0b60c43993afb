import { AppError } from '@ostler/kernel';
import type { Command } from './port';
import { TREE_VARIABLE } from './process-tree';

/** Refuses what the kernel would cut short or search for: NUL bytes and names without a path. */
export function checkCommand({ binary, args, environment = {} }: Command): void {
  if (!binary.startsWith('/') || binary.split('/').includes('..')) {
    throw AppError.invalid('binary', 'INVALID', `${JSON.stringify(binary)} is not an absolute path.`);
  }
  const texts = [binary, ...args, ...Object.keys(environment), ...Object.values(environment)];
  if (texts.some((text) => text.includes('\0'))) {
    throw AppError.invalid('args', 'INVALID', `a NUL byte in what ${binary} is given.`);
  }
}

/** Nothing of the agent's own environment reaches a command: it may hold a join token. */
export function environmentOf(command: Command, mark: string): Record<string, string> {
  return {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    LANG: 'C.UTF-8',
    HOME: '/',
    ...command.environment,
    [TREE_VARIABLE]: mark,
  };
}
