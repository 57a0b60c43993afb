import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { AppError } from '@ostler/kernel';
import { ErrorReason } from '@ostler/contracts';
import type { Files } from '../host/fs/port';
import { makeCsr } from './csr';
import { type Identity, IdentityFolder, type JoinRecord, trustToPem } from './identity-folder';
import { callJoin } from './join-call';

export interface JoinOptions extends JoinRecord {
  /** Wished name; made unique by the control plane. */
  readonly name: string;
  readonly agentVersion: string;
}

export interface JoinDependencies {
  readonly files: Files;
  /** `identity/` of the state folder. */
  readonly identityFolder: string;
}

/**
 * Joins this server: makes its key (which never leaves it), spends the token, keeps what was answered.
 * After an interruption the same call finishes it as the same server.
 *
 * @throws AppError ALREADY_EXISTS when it has joined, else what the control plane says.
 */
export async function join(options: JoinOptions, dependencies: JoinDependencies): Promise<Identity> {
  const folder = new IdentityFolder(dependencies.files, dependencies.identityFolder);
  if (await folder.hasJoined()) {
    const { serverName, controlUrl } = await folder.load();
    throw new AppError(
      ErrorReason.ALREADY_EXISTS,
      `This server has joined ${controlUrl} as ${serverName}. To join another control plane, stop the agent, ` +
        `remove ${dependencies.identityFolder} and join again.`,
    );
  }
  const keyPem = (await folder.pendingKey()) ?? newKeyPem();
  await folder.saveKey(keyPem);
  const identity = await certify(options, keyPem, options.name, options.agentVersion);
  await folder.save(identity);
  return identity;
}

/** Asks again for the certificate of a server that has joined: the same key is the same server. */
export async function recover(
  identity: Identity,
  agentVersion: string,
  folder: IdentityFolder,
): Promise<Identity> {
  const recovered = await certify(identity, identity.keyPem, identity.serverName, agentVersion);
  await folder.save(recovered);
  return recovered;
}

async function certify(
  { controlUrl, token, caPin }: JoinRecord,
  keyPem: string,
  name: string,
  agentVersion: string,
): Promise<Identity> {
  const record = { controlUrl, token, caPin };
  const csr = makeCsr(createPrivateKey(keyPem));
  const answer = await callJoin(record, { csr, name, agentVersion });
  const { serverUid, serverName, agentAddress, agentServerName } = answer;
  return { ...record, serverUid, serverName, agentAddress, agentServerName, keyPem, ...trustToPem(answer) };
}

function newKeyPem(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
}
