import 'reflect-metadata';

import { AppError, messageOf } from '@ostler/kernel';

import { loadConfig, processEnvironment } from './config';
import { Log } from './platform/log';
import { startControlPlane } from './roles/control-plane';
import { exampleLine, greeting, serviceLine } from './roles/greeting';
import { isControlCommand, runControlCommand, usage } from './roles/control/commands';

async function main(args: readonly string[]): Promise<number> {
  const [command, ...rest] = args;
  if (command === '--help' || command === 'help') return print(usage, 0);
  const config = loadConfig(processEnvironment(), process.getuid?.() === 0);
  const log = new Log(config.values.logLevel);
  if (command !== undefined && command !== 'service') {
    if (!isControlCommand(command)) return print(usage, 64);
    const parts = {
      config,
      log,
      environment: processEnvironment(),
      print: (text: string) => void print(text, 0),
    };
    return runControlCommand(command, rest, parts);
  }
  // One stray promise must not take every listener down; what it was is in the log.
  process.on('unhandledRejection', (error) =>
    log.error('a promise was rejected and nobody waited for it', {
      error: messageOf(error),
      stack: error instanceof Error ? error.stack : undefined,
    }),
  );
  const ended = whenAsked();
  const asService = command === 'service';
  const started = await startControlPlane({ config, log, environment: forChildren(), asService });
  print(asService ? serviceLine(started) : greeting(started), 0);
  void started.exampleSite.then((outcome) => outcome && print(exampleLine(outcome), 0));
  await ended;
  await started.stop();
  return 0;
}

/** One Ctrl-C comes twice within a millisecond: from the terminal, and passed on by npm. */
const sameKeyPressMs = 1_000;

/** Resolves at the first signal; one that comes later, from somebody who lost patience, ends the process at once. */
function whenAsked(): Promise<void> {
  return new Promise((resolve) => {
    let firstAt: number | undefined;
    const onSignal = (): void => {
      firstAt ??= performance.now();
      if (performance.now() - firstAt > sameKeyPressMs) process.exit(130);
      resolve();
    };
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, onSignal);
  });
}

function forChildren(): Record<string, string> {
  const { PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LANG = 'C.UTF-8' } =
    processEnvironment();
  return { PATH, LANG };
}

function print(text: string, code: number): number {
  process.stdout.write(text);
  return code;
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    const why =
      error instanceof AppError
        ? error.message
        : error instanceof Error
          ? (error.stack ?? messageOf(error))
          : String(error);
    process.stderr.write(`ostler: ${why}\n`);
    process.exit(1);
  },
);
