export { createJsonLog, type JsonLogOptions, type LogLevel } from './json-log';
export type { Log, LogFields } from './log.port';
export { RecentTrouble } from './recent-trouble';
