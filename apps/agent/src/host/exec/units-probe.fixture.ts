import { createLinuxExec } from './linux-exec';
import type { BinaryPath } from './port';
import { SystemdUnits } from './systemd-units';

// Does one thing with a unit, as an agent that has just started: `start NAME OUTPUT TIMEOUT_MS BINARY ARGS...`,
// `state NAME`, `stop NAME` or `release NAME`; prints the state afterwards. `list` prints the names.

async function main([
  verb,
  name = '',
  outputPath = '',
  timeoutMs = '',
  binary,
  ...args
]: string[]): Promise<void> {
  const units = new SystemdUnits(createLinuxExec());
  if (verb === 'start') {
    const command = {
      binary: binary as BinaryPath,
      args,
      timeoutMs: Number(timeoutMs),
      environment: { GREETING: 'hi' },
    };
    await units.start(name, command, { outputPath });
  }
  if (verb === 'stop') await units.stop(name);
  if (verb === 'list') return void process.stdout.write(JSON.stringify(await units.list()));
  if (verb === 'release') await units.release(name);
  process.stdout.write(JSON.stringify(await units.state(name)));
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(String(error));
  process.exitCode = 1;
});
