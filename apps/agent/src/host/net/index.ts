export { readDockerVersion } from './docker-version';
export { createLinuxNet } from './linux';
export type { HttpProbe, Net, ProbeOutcome } from './port';
