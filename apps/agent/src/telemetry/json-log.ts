import { messageOf, type Clock } from '@ostler/kernel';
import type { Log, LogFields } from './log.port';

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LEVELS)[number];

export interface JsonLogOptions {
  readonly clock: Clock;
  readonly level: LogLevel;
  /** Takes one line with its newline. */
  readonly write: (line: string) => void;
}

/** One JSON object a line: at, level, line, then the fields. */
export function createJsonLog(options: JsonLogOptions, bound: LogFields = {}): Log {
  const least = LEVELS.indexOf(options.level);
  const say =
    (level: LogLevel) =>
    (line: string, fields: LogFields = {}): void => {
      if (LEVELS.indexOf(level) < least) return;
      const at = new Date(options.clock.now()).toISOString();
      options.write(`${JSON.stringify({ at, level, line, ...bound, ...fields }, plain)}\n`);
    };
  return {
    debug: say('debug'),
    info: say('info'),
    warn: say('warn'),
    error: say('error'),
    child: (fields) => createJsonLog(options, { ...bound, ...fields }),
  };
}

/** Numbers of the wire are bigint, hashes are bytes and errors have no own fields: JSON knows none of them. */
function plain(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (value instanceof Error) return messageOf(value);
  return value;
}
