export { createLinuxMachine } from './linux';
export type { Disk, Machine } from './port';
