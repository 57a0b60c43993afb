export { Log, type LogFields, type LogLevel } from './log';
