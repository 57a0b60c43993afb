export { ReleaseStore, type ReleaseSource } from './release-store';
export { readReleaseIndex } from './release-rules';
