import { join } from 'node:path';

import type { RolldownOptions } from 'rolldown';
import { standaloneBundle } from '../../deploy/tooling/build/bundle.ts';
import { throughBarrels } from '../../deploy/tooling/build/through-barrels.ts';

const folder = import.meta.dirname;
const plugins = [throughBarrels(join(folder, '../../packages'))];
const whole = standaloneBundle(folder, { file: 'main.js', format: 'esm' });

/** For the checkout: a file per part, so that Node reads what a command needs, and keeps it compiled. */
const inParts: RolldownOptions = {
  ...whole,
  plugins,
  output: {
    dir: join(folder, 'dist'),
    format: 'esm',
    entryFileNames: 'main.js',
    chunkFileNames: 'parts/[name]-[hash].js',
    sourcemap: true,
    minify: true,
    cleanDir: true,
  },
};

/** For everybody else: all of it in one file that runs with any Node from 20 on. */
const inOneFile: RolldownOptions = {
  ...whole,
  plugins,
  output: { file: join(folder, '../../dist/ostler.cjs'), format: 'cjs', codeSplitting: false, minify: true },
};

export default process.env['OSTLER_CLI_FORM'] === 'one-file' ? inOneFile : inParts;
