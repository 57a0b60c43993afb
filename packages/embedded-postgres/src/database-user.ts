import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';

import { ErrorReason } from '@ostler/contracts';
import { AppError, messageOf } from '@ostler/kernel';

const run = promisify(execFile);
const userName = 'ostler-postgres';

/** Whom the server runs as. */
export interface DatabaseUser {
  readonly uid: number;
  readonly gid: number;
  /** True when files have to be handed over to that user, which only root can do. */
  readonly isOther: boolean;
}

/**
 * The user that the server runs as: this process's own, or for root (which PostgreSQL refuses to run as)
 * the system user `ostler-postgres`, made when missing.
 */
export async function databaseUser(): Promise<DatabaseUser> {
  const uid = process.getuid?.() ?? 0;
  const gid = process.getgid?.() ?? 0;
  if (uid !== 0) return { uid, gid, isOther: false };
  return { ...((await findSystemUser()) ?? (await makeSystemUser())), isOther: true };
}

async function findSystemUser(): Promise<{ uid: number; gid: number } | undefined> {
  const lines = (await readFile('/etc/passwd', 'utf8')).split('\n');
  const fields = lines.find((line) => line.startsWith(`${userName}:`))?.split(':');
  return fields && { uid: Number(fields[2]), gid: Number(fields[3]) };
}

async function makeSystemUser(): Promise<{ uid: number; gid: number }> {
  const [command, argv] = systemUserCommand();
  let lastError: unknown;
  // Another process may be adding the same user, or hold the lock on /etc/passwd for a moment.
  for (let attempt = 0; attempt < 20; attempt++) {
    await run(command, argv).catch((error: unknown) => (lastError = error));
    const user = await findSystemUser();
    if (user) return user;
    await pause(100);
  }
  const message = `the system user ${userName} cannot be made with ${command}: ${messageOf(lastError)}`;
  throw new AppError(ErrorReason.CAPABILITY_MISSING, message);
}

function systemUserCommand(): [string, string[]] {
  const shell = existsSync('/usr/sbin/nologin') ? '/usr/sbin/nologin' : '/sbin/nologin';
  if (existsSync('/usr/sbin/useradd')) {
    const flags = [
      '--system',
      '--user-group',
      '--no-create-home',
      '--home-dir',
      '/nonexistent',
      '--shell',
      shell,
    ];
    return ['/usr/sbin/useradd', [...flags, userName]];
  }
  return ['/usr/sbin/adduser', ['-S', '-D', '-H', '-h', '/nonexistent', '-s', shell, userName]];
}
