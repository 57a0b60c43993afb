import { createPublicKey } from 'node:crypto';
import type { Files } from '../host/fs/port';
import { IdentityFolder } from './identity-folder';
import { PendingJoins } from './pending-join';
import { pinOfKey } from './public-connection';

/**
 * Whether this server has joined, in words, for who sits at it. The key is shown as the console shows the one
 * of a server that waits.
 *
 * @throws AppError UNAVAILABLE when what proves who it is can be read by others.
 */
export async function joinStatus(
  files: Files,
  identityFolder: string,
): Promise<{ readonly joined: boolean; readonly text: string }> {
  const folder = new IdentityFolder(files, identityFolder);
  const keyPem = await folder.pendingKey();
  const key = keyPem ? `Its key is ${fingerprintOf(keyPem)}.\n` : '';
  if (await folder.hasJoined()) {
    const { serverName, serverUid, controlUrl } = await folder.load();
    return { joined: true, text: `Joined ${controlUrl} as ${serverName} (${serverUid}).\n${key}` };
  }
  const pending = await new PendingJoins(files, identityFolder).read();
  if (pending) return { joined: false, text: `Waiting to be let in by ${pending.controlUrl}.\n${key}` };
  return { joined: false, text: `This server has not joined a control plane.\n${key}` };
}

export function fingerprintOf(keyPem: string): string {
  return pinOfKey(createPublicKey(keyPem).export({ format: 'der', type: 'spki' }));
}
