import { join } from 'node:path';
import type { Plugin } from 'rolldown';
import { standaloneBundle } from '../../deploy/tooling/build/bundle.ts';

/**
 * V8 keeps the source of a program, with two bytes for each character as soon as one of them is beyond
 * Latin-1: escaped, the agent at rest is a megabyte smaller.
 */
const asciiOnly: Plugin = {
  name: 'ascii-only',
  // After the minifier, which writes characters out again.
  generateBundle(_options, files) {
    for (const file of Object.values(files)) if (file.type === 'chunk') file.code = escaped(file.code);
  },
};

function escaped(code: string): string {
  return code.replaceAll(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

// CommonJS starts with less memory than a module graph.
const { output: _, ...bundle } = standaloneBundle(import.meta.dirname, { file: 'agent.cjs', format: 'cjs' });

/** What is loaded on demand is a file of its own beside the agent: its source is not in memory before. */
const agent = {
  ...bundle,
  input: {
    agent: join(import.meta.dirname, 'src/main.ts'),
    'agent-rules': join(import.meta.dirname, 'src/store/rules.worker.ts'),
  },
  plugins: [asciiOnly],
  output: {
    dir: join(import.meta.dirname, 'dist'),
    format: 'cjs',
    entryFileNames: '[name].cjs',
    chunkFileNames: 'agent-[name].cjs',
    sourcemap: true,
    keepNames: true,
    minify: true,
    comments: false,
  },
};

/** What replaces the agent and brings it back shares nothing with it: it must work when the agent does not. */
const updater = {
  ...bundle,
  input: { 'agent-updater': join(import.meta.dirname, 'src/updates/updater.program.ts') },
  plugins: [asciiOnly],
  output: {
    dir: join(import.meta.dirname, 'dist'),
    format: 'cjs',
    entryFileNames: '[name].cjs',
    sourcemap: true,
    keepNames: true,
    minify: true,
    comments: false,
    codeSplitting: false,
  },
};

export default [agent, updater];
