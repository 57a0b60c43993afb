import { standaloneBundle } from '../../deploy/tooling/build/bundle.ts';

export default standaloneBundle(import.meta.dirname, { file: 'main.js', format: 'esm' });
