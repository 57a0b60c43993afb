export { armFailpoint, failpoint } from './failpoint';
export { FAILPOINTS, type FailpointName } from './registry';
