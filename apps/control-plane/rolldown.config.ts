import { serverBundle } from '../../tooling/build/bundle.ts';

export default serverBundle(import.meta.dirname);
