#!/usr/bin/env node
import module from 'node:module';
import { join } from 'node:path';
import { readEnvironment } from './config/environment';
import { VERSION } from './version';

/** `ostler get sites | head` closes the pipe early: that is no failure. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

async function main(args: readonly string[]): Promise<void> {
  if (args.length === 1 && /^(--version|-V)$/.test(args[0]!)) {
    process.stdout.write(`${VERSION}\n`);
    return;
  }
  // Node 20 has none. What is loaded from here on is compiled once and not with every command.
  module.enableCompileCache?.(join(readEnvironment().cacheFolder, 'compiled'));
  process.exitCode = await (await import('./run')).run(args);
}

// Not awaited: at the top of a file only an ES module may wait, and packed it is none.
void main(process.argv.slice(2));
