export { LocalPolicy, type LocalPolicyDeps } from './local-policy';
export { bounded } from './bounded';
export { DEFAULT_ROOTS } from './policy';
