import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

import { waitFor } from '../harness';
import { freePorts } from './free-ports';
import { runProgram } from './run-program';

const SSHD = '/usr/sbin/sshd';

/** A server and client of OpenSSH with keys of their own, on a loopback port. */
export interface SshPeer {
  /** `ssh server true` over a connection that is open already. */
  readonly warm: () => Promise<void>;
  /** `ssh server true` with a connection of its own. */
  readonly cold: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Needs root, and the Debian package openssh-server. */
export async function startSshPeer(): Promise<SshPeer> {
  if (!existsSync(SSHD)) throw new Error('The peer is sshd: install the package openssh-server.');
  const folder = await mkdtemp(join(tmpdir(), 'ostler-ssh-'));
  const [port] = await freePorts(1);
  for (const key of ['host', 'user']) {
    await runProgram('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, key)]);
  }
  // sshd insists on its empty folder for the process that parses what strangers send.
  await mkdir('/run/sshd', { recursive: true, mode: 0o755 });
  const options = connectionOptions(folder, port!);
  await writeFile(join(folder, 'sshd_config'), serverConfiguration(folder, port!));
  const hostKey = (await readFile(join(folder, 'host.pub'), 'utf8')).trim();
  await writeFile(join(folder, 'known_hosts'), `[127.0.0.1]:${port} ${hostKey}\n`);
  const server = spawn(SSHD, ['-D', '-e', '-f', join(folder, 'sshd_config')], { stdio: 'ignore' });
  const master = await openMaster(options, folder);
  const call = async (more: readonly string[]): Promise<void> => {
    await runProgram('ssh', [...options, ...more, '127.0.0.1', 'true']);
  };
  return {
    warm: () => call(['-o', `ControlPath=${folder}/master`]),
    cold: () => call(['-o', 'ControlPath=none']),
    stop: async () => {
      await end(master);
      await end(server);
      await rm(folder, { recursive: true });
    },
  };
}

function serverConfiguration(folder: string, port: number): string {
  return [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${folder}/host`,
    `AuthorizedKeysFile ${folder}/user.pub`,
    'PidFile none',
    'StrictModes no',
    'UsePAM no',
    'PasswordAuthentication no',
    'PermitRootLogin prohibit-password',
    // A shell reads the person's start files, which may take longer than all the rest.
    `SetEnv HOME=${folder}`,
    '',
  ].join('\n');
}

function connectionOptions(folder: string, port: number): string[] {
  const user = ['-i', join(folder, 'user'), '-o', 'IdentitiesOnly=yes', '-l', userInfo().username];
  const server = ['-o', `UserKnownHostsFile=${folder}/known_hosts`, '-p', String(port)];
  return ['-F', 'none', '-o', 'BatchMode=yes', ...user, ...server];
}

async function openMaster(options: readonly string[], folder: string): Promise<ChildProcess> {
  const path = join(folder, 'master');
  await waitFor('sshd answers', async () => {
    await runProgram('ssh', [...options, '127.0.0.1', 'true']);
    return true;
  });
  const master = spawn('ssh', [...options, '-M', '-N', '-S', path, '127.0.0.1'], { stdio: 'ignore' });
  await waitFor('the connection to share is open', () => existsSync(path));
  return master;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}
