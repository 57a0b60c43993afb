import { createPrivateKey, X509Certificate } from 'node:crypto';
import { ErrorReason, type JoinResponse, JoinService } from '@ostler/contracts';
import { AppError, Backoff, type Clock, pause, systemClock } from '@ostler/kernel';
import type { Files } from '../host/fs/port';
import { makeCsr, newKeyPem } from './csr';
import { type Identity, IdentityFolder, type JoinRecord, trustToPem } from './identity-folder';
import { fingerprintOf } from './join-status';
import { callPublic } from './public-call';
import { pinOf } from './public-connection';

export interface JoinOptions extends JoinRecord {
  /** Wished name; made unique by the control plane. */
  readonly name: string;
  readonly agentVersion: string;
  readonly hostname?: string;
  /** Like Hello.machine. */
  readonly machine?: string;
}

export interface JoinDependencies {
  readonly files: Files;
  /** `identity/` of the state folder. */
  readonly identityFolder: string;
  readonly clock?: Clock;
  readonly signal?: AbortSignal;
  /** Told once that it is tried again, and why. */
  readonly say?: (line: string) => void;
  /** Absent: 5 minutes. How long a control plane that is away or busy is asked again. */
  readonly patienceMs?: number;
  readonly random?: () => number;
}

/** Somebody has to let this server in first. */
export interface Waiting {
  readonly waiting: true;
  readonly retryAfterSeconds: number;
  /** `sha256//BASE64` of this server's public key, to compare it with what the console shows. */
  readonly keyFingerprint: string;
}

const PATIENCE_MS = 300_000;
const FIRST_AGAIN_MS = 2_000;
const MOST_AGAIN_MS = 30_000;

/**
 * Joins this server: makes its key (which never leaves it), spends the token, keeps what was answered.
 * After an interruption the same call finishes it as the same server. Asks again while the control plane is
 * away or busy, and for as long as it takes while somebody has to let the server in.
 *
 * @throws AppError ALREADY_EXISTS when it has joined, else what the control plane says.
 */
export async function join(options: JoinOptions, dependencies: JoinDependencies): Promise<Identity> {
  const { clock = systemClock, signal, say = () => undefined, random = Math.random } = dependencies;
  for (let attempts = 1; ; attempts++) {
    const answer = await askToJoin(options, dependencies);
    if (!('waiting' in answer)) return answer;
    if (attempts === 1) say(`Waiting to be let in. The key of this server is ${answer.keyFingerprint}.`);
    await pause(clock, answer.retryAfterSeconds * 1000 * (1 + random()), signal);
    if (signal?.aborted) throw new AppError(ErrorReason.CANCELLED, 'This server was not let in yet.');
  }
}

/** Like `join`, and tells when somebody has to let this server in, instead of waiting for it. */
export async function askToJoin(
  options: JoinOptions,
  dependencies: JoinDependencies,
): Promise<Identity | Waiting> {
  const folder = new IdentityFolder(dependencies.files, dependencies.identityFolder);
  if (await folder.hasJoined()) throw await hasJoined(folder, dependencies.identityFolder);
  const keyPem = (await folder.pendingKey()) ?? newKeyPem();
  await folder.saveKey(keyPem);
  const answer = await withPatience(dependencies, () => call(options, keyPem));
  if (answer.waiting) {
    const { retryAfterSeconds } = answer;
    return { waiting: true, retryAfterSeconds, keyFingerprint: fingerprintOf(keyPem) };
  }
  const identity = toIdentity(options, keyPem, answer);
  await folder.save(identity);
  return identity;
}

function call(options: JoinOptions, keyPem: string): Promise<JoinResponse> {
  const { controlUrl, token, name, agentVersion, hostname = '', machine = '' } = options;
  const csr = makeCsr(createPrivateKey(keyPem));
  const message = { token, csr, name, agentVersion, hostname, machine };
  return callPublic(controlUrl, options, JoinService.method.join, message);
}

/** @throws AppError UNAUTHENTICATED when the authority that answers is not the pinned one. */
function toIdentity(record: JoinRecord, keyPem: string, answer: JoinResponse): Identity {
  const { controlUrl, caPin, proxy } = record;
  if (caPin !== '' && !answer.caBundle.some((der) => pinOf(new X509Certificate(der)) === caPin)) {
    const message = `The certificate authority of ${controlUrl} is not ${caPin}: the join command is of another one.`;
    throw new AppError(ErrorReason.UNAUTHENTICATED, message);
  }
  const { serverUid, serverName, agentAddress, agentServerName } = answer;
  const listenerPin = answer.listenerPin || record.listenerPin;
  const kept = { controlUrl, caPin, ...(listenerPin && { listenerPin }), ...(proxy && { proxy }) };
  return { ...kept, serverUid, serverName, agentAddress, agentServerName, keyPem, ...trustToPem(answer) };
}

const PASSING: ReadonlySet<ErrorReason> = new Set([
  ErrorReason.UNAVAILABLE,
  ErrorReason.THROTTLED,
  ErrorReason.CONFLICT,
  ErrorReason.DEADLINE_EXCEEDED,
]);

/** Asks again with full jitter, after the time that the control plane names, until patience ends. */
async function withPatience<T>(dependencies: JoinDependencies, attempt: () => Promise<T>): Promise<T> {
  const { clock = systemClock, signal, say, random = Math.random } = dependencies;
  const endMs = clock.monotonic() + (dependencies.patienceMs ?? PATIENCE_MS);
  const backoff = new Backoff({ firstMs: FIRST_AGAIN_MS, mostMs: MOST_AGAIN_MS, random });
  for (let attempts = 1; ; attempts++) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof AppError) || !PASSING.has(error.reason)) throw error;
      const waitMs = error.retryAfterSeconds * 1000 + backoff.next();
      if (signal?.aborted || clock.monotonic() + waitMs > endMs) throw error;
      if (attempts === 1) say?.(`${error.message} Trying again.`);
      await pause(clock, waitMs, signal);
    }
  }
}

async function hasJoined(folder: IdentityFolder, path: string): Promise<AppError> {
  const { serverName, controlUrl } = await folder.load();
  return new AppError(
    ErrorReason.ALREADY_EXISTS,
    `This server has joined ${controlUrl} as ${serverName}. To join another control plane, stop the agent, ` +
      `remove ${path} and join again.`,
  );
}
