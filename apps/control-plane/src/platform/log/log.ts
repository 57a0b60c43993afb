import { Injectable } from '@nestjs/common';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export type LogFields = Readonly<Record<string, string | number | boolean | bigint | undefined>>;

const order: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

/**
 * One JSON line per event on standard error. In normal running there is nothing to say: warn and above
 * mean that somebody may want to act.
 */
@Injectable()
export class Log {
  private surroundings: () => LogFields = () => ({});

  constructor(
    private readonly least: LogLevel = 'info',
    private readonly write: (line: string) => void = (line) => void process.stderr.write(line),
  ) {}

  /** Of where a line is written: fields that each has beside its own. */
  addToLines(fields: () => LogFields): void {
    this.surroundings = fields;
  }

  debug(message: string, fields?: LogFields): void {
    this.line('debug', message, fields);
  }

  info(message: string, fields?: LogFields): void {
    this.line('info', message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.line('warn', message, fields);
  }

  error(message: string, fields?: LogFields): void {
    this.line('error', message, fields);
  }

  private line(level: LogLevel, message: string, fields: LogFields = {}): void {
    if (order.indexOf(level) < order.indexOf(this.least)) return;
    const entry = { time: new Date().toISOString(), level, message, ...this.surroundings(), ...fields };
    this.write(
      `${JSON.stringify(entry, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value))}\n`,
    );
  }
}
