export { createLinuxFiles } from './linux';
export type { Files, FileState, WriteOptions } from './port';
