import { serverBundle } from '../../deploy/tooling/build/bundle.ts';

export default serverBundle(import.meta.dirname);
