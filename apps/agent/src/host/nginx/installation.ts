import { access, constants, readFile } from 'node:fs/promises';
import type { BinaryPath, Exec } from '../exec/port';
import type { WorkerUser } from './port';

const BINARIES: readonly BinaryPath[] = [
  '/usr/sbin/nginx',
  '/usr/local/sbin/nginx',
  '/usr/local/nginx/sbin/nginx',
  '/usr/bin/nginx',
];

export interface Installation {
  readonly binary: BinaryPath;
  readonly version: string;
}

/** The first nginx that says its version; undefined when there is none. */
export async function findInstallation(exec: Exec): Promise<Installation | undefined> {
  for (const binary of BINARIES) {
    const usable = await access(binary, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (!usable) continue;
    const { stderr } = await exec.run({ binary, args: ['-v'], timeoutMs: 5_000 });
    const version = /nginx\/([0-9]+(?:\.[0-9]+)+)/.exec(stderr)?.[1];
    if (version !== undefined) return { binary, version };
  }
  return undefined;
}

/** The user that nginx's packages run workers as, by the names in use; `nobody` is what nginx itself falls back to. */
export async function findWorkerUser(
  candidates: readonly string[] = ['www-data', 'nginx', 'http', 'nobody'],
): Promise<(WorkerUser & { readonly name: string }) | undefined> {
  const lines = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  for (const name of candidates) {
    const fields = lines.find((line) => line[0] === name);
    if (fields) return { name, uid: Number(fields[2]), gid: Number(fields[3]) };
  }
  return undefined;
}

/** Last words of a failed nginx command: its own message, without the prefix of time and process. */
export function nginxMessage(output: string): string {
  const lines = output
    .split('\n')
    .map((line) => line.replace(/^[0-9/]+ [0-9:]+ /, '').replace(/ [0-9]+#[0-9]+:/, ''))
    .filter((line) => /\[(emerg|alert|crit)\]/.test(line))
    .map((line) => line.replace(/^(nginx: )?\[[a-z]+\] /, ''));
  return lines.join('; ') || output.trim().slice(-500) || 'nginx gave no message';
}
