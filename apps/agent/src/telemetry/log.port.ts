export type LogFields = Readonly<Record<string, unknown>>;

/** What the agent says of itself, for people and for journald. Never carries a secret. */
export interface Log {
  debug(line: string, fields?: LogFields): void;
  info(line: string, fields?: LogFields): void;
  warn(line: string, fields?: LogFields): void;
  error(line: string, fields?: LogFields): void;
  /** The same log with fields added to every line. */
  child(fields: LogFields): Log;
}
